"""The built-in processor; see `__main__`."""

import os

# NumPy's linear algebra is not used: its threads would only cost memory and time at the start.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

"""The built-in processor: tsp's command line on a machine without TSDuck."""

import os

# NumPy's linear algebra is not used: its threads would only cost memory and time at the start.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

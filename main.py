"""Starts IBE-100: the same commands as `./run`, for a Python environment that is already set up."""

from ibe100.cli.main import main

if __name__ == "__main__":
    main()

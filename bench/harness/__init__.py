"""What bench.py is made of: `run` starts commands and measures them, `report` prints figures, `inputs` makes what programs read; the
other modules are the suites."""

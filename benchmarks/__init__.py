"""How fast it is: ratios from one interleaved run, never a timed test. Run it with `python -m benchmarks`."""

"""The checks an auditor runs: standard library and `cryptography` only, small enough to read in one sitting."""

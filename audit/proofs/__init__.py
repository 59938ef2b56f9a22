"""The checks an auditor runs: standard library and `cryptography` only, to be read in one sitting."""

"""The second implementation of the checks, asked the same as the first."""

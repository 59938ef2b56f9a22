"""The doors: command line, wording, and the one place where the write side and the read side are joined."""

import gc

gc.set_threshold(100_000, 20, 20)  # what is read and folded are frozen values, without cycles to look for

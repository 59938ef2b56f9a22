"""The doors: command line, wording, and the one place where the write side and the read side are joined."""

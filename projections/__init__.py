"""The read side: current scores and ranks and their history, rebuilt from the events alone."""

"""The log over HTTP: statements come in, receipts and public answers go out."""

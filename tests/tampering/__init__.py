"""What somebody who holds the database can do to it, and what a verifier says."""

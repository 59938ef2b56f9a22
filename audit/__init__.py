"""The write side: what was signed, kept so that anybody can check it (`proofs`) and lost by nobody (`ledger`)."""

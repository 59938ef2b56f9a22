"""The write side: what was signed, for anybody to check (`proofs`) and for nobody to lose (`ledger`)."""

"""The rules of scoring and ranking: pure functions over frozen values, standard library only."""

"""A second model of the rules, written apart from the domain, and the players that put both to the same log.

The model (`catalogue`, `state`, `cards`, `demands_*`, `consequences_*`, `verdict`) is written from the documents: plain
dictionaries, fractions, tables of demands. It reads events and criteria sets as data and imports no rule of
the domain. The players (`world`, `drafts_*`, `mischief`, `play`) state lawful and unlawful things in a small world.
"""

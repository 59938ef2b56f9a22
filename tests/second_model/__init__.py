"""A second model of the rules, written apart from the domain, and players that put both to the same log.

The model (`catalogue`, `state`, `cards`, `flaws`, `demands_*`, `consequences_*`, `verdict`) is written from
the documents: plain dictionaries, fractions, tables of demands. It reads events and criteria sets as data
and imports no rule of the domain. The players (`world`, `drafts_*`, `mischief`, `play`) state what is lawful
and what is not in a small world, and look at nothing but the second model.
"""

"""The bodies of everything that can be stated, by subject; `domain.events` holds the whole set."""

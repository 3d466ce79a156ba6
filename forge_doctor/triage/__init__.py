"""One diagnosis of a whole system: what runs is found, looked at from every side at once, and joined."""

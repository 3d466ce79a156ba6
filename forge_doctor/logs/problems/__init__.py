"""Events to problems: groups, summaries, what came first."""

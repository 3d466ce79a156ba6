"""The letter that stands in a text for what only the run knows."""

HOLE = "\0"

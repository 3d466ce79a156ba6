"""Times in whatever notation: what they look like, the moments that they name, and in which order a day is written."""

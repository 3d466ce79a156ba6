"""One run of a command each: what it asks of its slice, in which order, and what becomes of the answer."""

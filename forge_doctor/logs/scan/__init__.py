"""Where in a stream it is worth reading; parses nothing."""

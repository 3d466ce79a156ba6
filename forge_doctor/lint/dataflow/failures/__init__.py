"""What becomes of a session that an error has failed: who catches it, who lets it out, what the handler does."""

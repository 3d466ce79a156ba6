"""What becomes of loaded objects: what was loaded, when it expires, what was changed."""

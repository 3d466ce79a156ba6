"""Records seen before, counted without reading them again."""

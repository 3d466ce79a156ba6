"""Which migration trees there are, their revisions and how these follow each other; reads files, runs none."""

"""What the bytes of a file tell without a tree: its words, its lines, the names it calls."""

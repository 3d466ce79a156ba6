"""One file: its tree and the places in it; follows no name."""

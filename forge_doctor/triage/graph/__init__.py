"""The facts of all parts as one graph: clues, the lines they stand in, and the edges between them; judges nothing."""

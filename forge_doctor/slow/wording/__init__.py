"""What is said of a snapshot: the words checks share, what to type, tables beside the findings, what stayed hidden."""

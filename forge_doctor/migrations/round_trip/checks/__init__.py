"""What goes wrong when revisions are tried, one file a fault."""

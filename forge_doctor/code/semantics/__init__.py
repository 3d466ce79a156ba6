"""What a name, an expression or a call is, across the files of a project; judges no use."""

"""What the source of the processes tells: the lines behind statements, the pool its engine has; files are read, none run."""

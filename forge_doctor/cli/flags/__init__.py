"""What can be typed: each command's own options, and those that commands share; loads nothing to judge their values."""

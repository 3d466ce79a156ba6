"""What somebody puts before every line of a program: learned by the lines whose beginnings are known, and taken off."""

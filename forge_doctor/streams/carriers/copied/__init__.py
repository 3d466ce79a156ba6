"""What a log looks like where somebody has copied it: out of a terminal, a console, a mail, an issue."""

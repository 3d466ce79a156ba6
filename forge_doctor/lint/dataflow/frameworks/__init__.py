"""What a web framework does with a function: what it hands to it, where it registers it, where it fills nothing in."""

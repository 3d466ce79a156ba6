"""What a module's statements give as far as that is certain: knows Python, no library, and runs nothing."""

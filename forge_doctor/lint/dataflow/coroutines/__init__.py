"""What becomes of a coroutine."""

"""What becomes of a value: a coroutine, a session, a loaded object; reports nothing."""

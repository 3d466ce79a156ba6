"""What the server and a pooler before it say of themselves, as frozen values."""

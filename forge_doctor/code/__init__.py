"""What source code says, read without importing any of it; judges nothing."""

"""What follows from a snapshot and judges nothing: who holds what, who waits for whom, how many fit."""

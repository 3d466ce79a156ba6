"""Looks kept on disk one after the other, so that a moment nobody saw can be judged afterwards."""

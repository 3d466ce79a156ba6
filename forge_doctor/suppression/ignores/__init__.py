"""Checks of the ignore comments themselves: each sees what the comments of one file muted."""

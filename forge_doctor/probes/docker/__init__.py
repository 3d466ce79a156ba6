"""Containers and their logs, through the Docker SDK; executes nothing in them."""

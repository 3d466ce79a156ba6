"""Processes of this machine: application servers, their sockets and engines; signals none."""

"""How a running program was put where it is, from /proc alone: its environment, its outputs, its mounts, its unit or container."""

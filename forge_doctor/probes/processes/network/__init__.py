"""The sockets of processes: which there are, whose ends they are, and what the kernel tells of them."""

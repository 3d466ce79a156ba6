"""A small FastAPI shop that is sick on purpose; every fault in it is marked `# fault:`. Not an example to follow."""

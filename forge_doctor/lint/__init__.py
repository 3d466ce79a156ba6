"""Finds faults in how source code uses its database sessions; imports none of that code."""

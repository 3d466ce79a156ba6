"""Tracebacks in boxes, drawn as rich and tracerite do, back as plain ones."""

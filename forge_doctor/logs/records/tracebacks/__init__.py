"""Tracebacks as text and as bytes: their lines, their sections, layouts that were lost, bodies seen before."""

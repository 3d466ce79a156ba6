"""Documents that are no logs, and have in them what was raised and printed: spans of traces, notebooks, pods."""

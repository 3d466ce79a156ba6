"""The commands a triage runs side by side, one file each: what each is asked of one case, and what of it is kept."""

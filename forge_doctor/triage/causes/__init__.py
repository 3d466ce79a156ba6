"""The causes a triage knows, one file each; a module's file name is its id."""

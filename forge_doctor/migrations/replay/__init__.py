"""The schema as the revisions make it, from the base on: what a change meets is what those before it left."""

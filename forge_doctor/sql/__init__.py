"""SQL as text: values taken out, fingerprints, sqlcommenter tags; runs none."""

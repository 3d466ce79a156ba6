"""Results of earlier runs: where they are kept, and findings as plain values and back."""

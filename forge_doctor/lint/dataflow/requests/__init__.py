"""What happens in one request: what runs side by side, what its dependencies leave open, what it streams, who commits."""

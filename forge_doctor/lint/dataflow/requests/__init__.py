"""What happens in one request: what is injected, what runs before and behind the endpoint, what it waits for."""

"""How the shop's tables came to be; the demo reads them, and makes its tables of the models."""

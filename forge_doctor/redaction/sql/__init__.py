"""What SQL carries, and what servers say of it: literals, parameters, the values of rows."""

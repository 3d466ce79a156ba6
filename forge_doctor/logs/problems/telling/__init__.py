"""What is said of problems: sentences, evidence, examples, pictures, tables, and the report made of them."""

"""What an expression is, from declarations and data flow; looks at no fault."""

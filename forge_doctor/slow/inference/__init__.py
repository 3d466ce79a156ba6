"""What follows from plans, texts and counts: reads of whole tables, indexes that would help, what is repeated; judges nothing."""

"""Lines to records, records to events; knows no signature."""

"""What exports, shippers and platforms make of a program's line: a field of a record, in JSON, CSV, XML, YAML and the like."""

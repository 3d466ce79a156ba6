"""Records in JSON: whole documents, streams of objects, what they are wrapped in, and where a line stands in one."""

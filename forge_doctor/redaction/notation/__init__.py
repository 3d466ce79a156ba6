"""How text is written: the signs notations share, where a value begins and ends, texts written into texts; knows no secret."""

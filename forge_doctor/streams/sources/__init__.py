"""Where logs come from, as streams of bytes; reads no meaning into them."""

"""What names of the libraries stand for, as data; imports none of them."""

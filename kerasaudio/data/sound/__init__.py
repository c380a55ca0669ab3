"""Sound files: reading, decoding, windows, and what is wrong with them."""

"""Data sets: labelled examples, their splits and synthetic stand-ins for them."""

"""Many small dense models that train together, as one compiled program."""

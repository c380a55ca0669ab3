"""What the data set of gate mixtures stands on: clips, their labels, and how they are mixed."""

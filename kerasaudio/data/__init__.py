"""Data sets: labelled examples, their splits and their stand-ins. One file a set."""

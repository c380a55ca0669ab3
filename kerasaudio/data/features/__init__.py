"""The 57 features of GTZAN's table, computed from recordings."""

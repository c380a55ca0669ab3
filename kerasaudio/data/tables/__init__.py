"""Tables of features in CSV files."""

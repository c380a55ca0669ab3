"""HTML pages for people, made of values: runs, searches, baselines and tables of features."""

"""Exported models, and predictions for recordings and tables."""

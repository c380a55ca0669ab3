"""Synthetic data in the real layouts; nothing here is derived from real data."""

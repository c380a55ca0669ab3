"""Architectures: networks from features to logits, one file for each family."""

"""Architectures: features to logits. One file a family."""

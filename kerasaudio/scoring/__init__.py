"""Scores: metrics with their confidence intervals, and what they were measured on."""

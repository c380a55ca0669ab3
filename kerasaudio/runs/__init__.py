"""Runs: folders with a trained model, its scores and its report, one or several at a time."""

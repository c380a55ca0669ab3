"""Hyper-parameter search with KerasTuner's oracles."""

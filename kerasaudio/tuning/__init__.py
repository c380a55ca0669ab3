"""Hyper-parameter search: what KerasTuner needs from us."""

"""Training: batches, the assembled Keras model, and the fit that finds its weights."""

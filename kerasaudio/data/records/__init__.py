"""AudioSet's TFRecord files and the embeddings in them."""

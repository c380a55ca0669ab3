"""Train audio classifiers in Keras and TensorFlow: splits that don't leak, scores that say their protocol."""

import os

__version__ = "0.1.0"

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault(
    "TF_CPP_MIN_LOG_LEVEL", "3"
)  # TensorFlow warns of missing GPUs and CUDA parts on every start

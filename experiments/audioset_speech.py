"""Speech or not in AudioSet's embeddings: five published architectures, and one that pools frames by attention."""

from dataclasses import replace

from kerasaudio.data.audioset import AudioSetTags, AudioSetTarget
from kerasaudio.experiment import (
    Adagrad,
    Adam,
    AdamW,
    Cosine,
    Experiment,
    Fit,
    Plateau,
    ReadoutFirst,
    RMSprop,
    WeightedBinary,
)
from kerasaudio.frontends.scaling import Scaling
from kerasaudio.models.embedding_attention import EmbeddingAttention
from kerasaudio.models.embedding_conv1d import EmbeddingConv1D
from kerasaudio.models.embedding_conv2d import EmbeddingConv2D
from kerasaudio.models.embedding_linear import EmbeddingLinear
from kerasaudio.models.embedding_lstm import EmbeddingLSTM
from kerasaudio.models.embedding_transformer import EmbeddingTransformer

# PyTorch adds its epsilon after the root and Keras, but for Adam, before: there it is the square.
ADAM = Adam(epsilon=1e-8)
RMSPROP = RMSprop(rho=0.99, epsilon=1e-16)
ADAGRAD = Adagrad(initial_accumulator_value=0.0, epsilon=1e-20)


def paper(model, batch_size, learning_rate, epochs, optimizer=ADAM):
    """One of the paper's runs: bytes as they are, the best validation loss kept."""
    return Experiment(
        data=AudioSetTarget(),
        frontend=Scaling("none"),
        model=model,
        fit=Fit(
            epochs=epochs,
            batch_size=batch_size,
            optimizer=replace(optimizer, learning_rate=learning_rate),
            schedule=Plateau(),
        ),
    )


transformer_bce = paper(EmbeddingTransformer(), 32, 1e-5, 150)
transformer_bce = replace(transformer_bce, fit=replace(transformer_bce.fit, loss=WeightedBinary((1.0, 3.0))))

attention = Experiment(
    data=AudioSetTags(readout="Speech"),
    frontend=Scaling("standardize"),
    model=EmbeddingAttention(),
    fit=Fit(
        epochs=10,
        batch_size=128,
        optimizer=AdamW(learning_rate=1e-3, weight_decay=1e-2),
        schedule=Cosine(),
        loss=ReadoutFirst(others=0.1),
        keep="last",
        threshold="best_accuracy",
    ),
)

experiments = {
    "linear": paper(EmbeddingLinear(hidden=32), 16, 1e-4, 30),
    "conv1d": paper(EmbeddingConv1D(active=8, dropout=0.3), 16, 1e-3, 20),
    "conv2d": paper(EmbeddingConv2D(), 64, 1e-5, 150),
    "lstm": paper(EmbeddingLSTM(), 32, 1e-3, 10),
    "transformer": paper(EmbeddingTransformer(), 32, 1e-5, 150),
    "transformer_bce": transformer_bce,
    "attention": attention,
}

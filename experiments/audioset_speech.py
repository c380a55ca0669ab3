"""Speech or not in AudioSet's embeddings: five published networks, and one with attention.

Source: Halaby, Marzec and Mukhtar, speech in AudioSet from VGGish embeddings (Georgia Tech CS7643,
2021).

    python -m kerasaudio.train --experiment audioset_speech:linear
    python -m kerasaudio.search --experiment audioset_speech:linear --strategy grid

Expect: linear 0.806, lstm 0.808, attention 0.842 accuracy (means of five seeds on 9,915 eval clips,
of which 73.7 % are not speech); the README has the scores of all experiments.
"""

from dataclasses import is_dataclass, replace

from kerasaudio.data.audioset import AudioSetTags, AudioSetTarget
from kerasaudio.experiment import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Cosine,
    CrossEntropy,
    Experiment,
    Fit,
    Plateau,
    RMSprop,
    TargetFirst,
    WeightedBinary,
)
from kerasaudio.frontends.scaling import Scaling
from kerasaudio.models.embedding_attention import EmbeddingAttention
from kerasaudio.models.embedding_conv1d import EmbeddingConv1D
from kerasaudio.models.embedding_conv2d import EmbeddingConv2D
from kerasaudio.models.embedding_linear import EmbeddingLinear
from kerasaudio.models.embedding_lstm import EmbeddingLSTM
from kerasaudio.models.embedding_transformer import EmbeddingTransformer
from kerasaudio.models.ensemble import Ensemble
from kerasaudio.models.shuffled_frames import ShuffledFrames
from kerasaudio.tuning.spaces import fitted

# PyTorch adds epsilon after the square root. Keras adds it before the root (except in Adam), so
# here it is the square of PyTorch's.
ADAM = Adam(epsilon=1e-8)
RMSPROP = RMSprop(rho=0.99, epsilon=1e-16)
ADAGRAD = Adagrad(initial_accumulator_value=0.0, epsilon=1e-20)


def paper(model, batch_size, learning_rate, epochs, optimizer=ADAM):
    """Returns one of the paper's runs: unscaled bytes, weights of the best validation loss."""
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
transformer_bce = replace(
    transformer_bce, fit=replace(transformer_bce.fit, loss=WeightedBinary((1.0, 3.0)))
)

# Rows of the paper: batch size, learning rate, hidden units, epochs, its best validation loss.
TABLE_3 = (
    (16, 1e-4, 32, 30, 0.3965),
    (32, 1e-3, 128, 30, 0.3969),
    (64, 1e-3, 128, 40, 0.3971),
    (32, 1e-3, 64, 20, 0.3972),
    (16, 5e-3, 32, 30, 0.398),
    (32, 5e-3, 64, 30, 0.3987),
    (64, 1e-3, 64, 30, 0.3999),
    (32, 5e-3, 32, 30, 0.4002),
    (32, 1e-4, 64, 20, 0.4025),
    (32, 1e-4, 128, 20, 0.4112),
    (64, 1e-4, 64, 20, 0.4118),
    (16, 1e-5, 64, 20, 0.4218),
    (32, 1e-5, 64, 20, 0.4576),
    (16, 1e-5, 32, 30, 0.4672),
    (16, 5e-3, 64, 30, 0.4754),
    (64, 1e-4, 128, 20, 0.4978),
    (64, 1e-2, 128, 30, 0.5651),
    (32, 1e-2, 64, 30, 0.5671),
    (8, 5e-3, 16, 20, 0.5866),
    (32, 1e-5, 128, 20, 0.7456),
)

# Optimizer, then the columns of table 3. The paper does not give the epochs of these rows.
TABLE_1 = (
    (RMSPROP, 32, 1e-3, 128, 20, 0.4372),
    (RMSPROP, 16, 1e-4, 32, 20, 0.3982),
    (ADAGRAD, 32, 1e-3, 128, 20, 0.5015),
    (ADAGRAD, 16, 1e-4, 32, 20, 0.5297),
)

# Optimizer, batch size, learning rate, dropout, epochs, best validation loss of the paper.
TABLE_2 = ((RMSPROP, 16, 1e-3, 0.3, 20, 0.4705), (ADAGRAD, 16, 1e-3, 0.3, 20, 0.5454))

# Active layers, batch size, learning rate, epochs, best validation loss; the dropout rate is 0.2.
TABLE_4 = (
    (2, 64, 1e-3, 20, 0.4307),
    (2, 16, 1e-3, 20, 0.4337),
    (2, 8, 1e-3, 20, 0.4784),
    (2, 32, 5e-3, 20, 0.5171),
    (2, 32, 1e-3, 20, 0.4226),
    (2, 8, 1e-4, 100, 0.4207),
    (2, 8, 1e-2, 100, 6.3515),
    (2, 32, 1e-4, 50, 0.4353),
    (3, 32, 1e-3, 30, 0.7558),
    (4, 32, 1e-3, 40, 4.4892),
    (5, 32, 1e-3, 60, 0.7767),
    (6, 32, 1e-3, 40, 0.5792),
    (7, 32, 1e-3, 40, 0.4604),
    (8, 32, 1e-3, 40, 0.4705),
)

# Batch size, learning rate, dropout, epochs, best validation loss. The paper does not give the
# epochs of the rows with a dropout of 0.2; its first six rows had 20.
TABLE_5 = (
    (16, 1e-3, 0.3, 20, 0.438),
    (16, 1e-3, 0.01, 20, 0.4582),
    (16, 1e-3, 0.1, 20, 0.4711),
    (16, 1e-3, 0.5, 20, 0.473),
    (8, 1e-3, 0.01, 20, 0.4468),
    (8, 1e-3, 0.5, 20, 0.4518),
    (8, 1e-4, 0.2, 20, 0.8425),
    (32, 1e-3, 0.2, 20, 0.6498),
    (64, 1e-3, 0.2, 20, 0.8554),
    (16, 1e-3, 0.2, 20, 0.466),
    (32, 1e-4, 0.2, 20, 0.5764),
    (8, 1e-3, 0.2, 20, 0.4735),
    (32, 5e-3, 0.2, 20, 0.5745),
    (8, 1e-2, 0.2, 20, 0.5687),
    (8, 1e-3, 0.1, 40, 0.4692),
    (8, 1e-3, 0.3, 40, 0.4631),
)


def linear(batch_size, learning_rate, hidden, epochs, loss):
    """Returns the experiment of a row of table 3."""
    return paper(EmbeddingLinear(hidden), batch_size, learning_rate, epochs)


def linear_optimizers(optimizer, batch_size, learning_rate, hidden, epochs, loss):
    """Returns the experiment of a row of table 1."""
    return paper(EmbeddingLinear(hidden), batch_size, learning_rate, epochs, optimizer)


def conv1d_optimizers(optimizer, batch_size, learning_rate, dropout, epochs, loss):
    """Returns the experiment of a row of table 2."""
    return paper(EmbeddingConv1D(dropout=dropout), batch_size, learning_rate, epochs, optimizer)


def conv1d_layers(active, batch_size, learning_rate, epochs, loss):
    """Returns the experiment of a row of table 4."""
    return paper(EmbeddingConv1D(active=active, dropout=0.2), batch_size, learning_rate, epochs)


def conv1d(batch_size, learning_rate, dropout, epochs, loss):
    """Returns the experiment of a row of table 5."""
    return paper(EmbeddingConv1D(dropout=dropout), batch_size, learning_rate, epochs)


def rows(table, build):
    """Returns a search space whose points are the rows of a table, named by their values."""
    named = {f"{', '.join(map(name, row[:-1]))} (paper {row[-1]})": row for row in table}
    return lambda hp: build(*named[hp.Choice("row", list(named))])


def name(value):
    """Returns a value as text: the class of an optimizer, a number without trailing zeros."""
    return type(value).__name__ if is_dataclass(value) else f"{value:g}"


OPTIMIZERS = {"adam": ADAM, "rmsprop": RMSPROP, "adagrad": ADAGRAD}
RATES = [1e-3, 1e-4, 1e-5]
FILTERS = {"32-64-128": (32, 64, 128), "16-32-64": (16, 32, 64)}
INITIALIZERS = ["torch", "he_uniform", "glorot_uniform"]


def conv2d_space(hp):
    """Channels and kernels; in the paper more than 4 channels overfit, larger kernels underfit."""
    model = EmbeddingConv2D(
        channels=hp.Choice("channels", [2, 4, 8]),
        kernel=hp.Choice("kernel", [2, 3]),
        dropout=hp.Choice("dropout", [0.2, 0.5]),
        initializer=hp.Choice("initializer", INITIALIZERS),
    )
    return fitted(hp, replace(experiments["conv2d"], model=model), OPTIMIZERS, RATES[::-1])


def conv2d_regularized_space(hp):
    """Channels, kernels, dropout and weight decay."""
    model = EmbeddingConv2D(
        channels=hp.Choice("channels", [4, 2, 8]),
        kernel=hp.Choice("kernel", [2, 3]),
        dropout=hp.Choice("dropout", [0.5, 0.2]),
        initializer=hp.Choice("initializer", INITIALIZERS),
    )
    decay = {"adamw": AdamW(weight_decay=hp.Choice("weight_decay", [1.0, 0.1, 0.01]))}
    return fitted(hp, replace(conv2d_regularized, model=model), decay, RATES)


def lstm_space(hp):
    """Layers and tokens; in the paper more than 4 layers hurt, both frames help a little."""
    model = EmbeddingLSTM(
        units=hp.Choice("units", [64, 32, 128]),
        layers=hp.Choice("layers", [1, 2, 3, 4, 5, 6]),
        dropout=hp.Choice("dropout", [0.1, 0.3]),
        tokens=hp.Choice("tokens", ["start_and_end", "none"]),
        cell=hp.Choice("cell", ["lstm", "gru"]),
    )
    return fitted(hp, replace(experiments["lstm"], model=model), OPTIMIZERS, RATES)


def kernels_space(hp):
    """Kernels; in the paper those of 2 to 5 are better than those of 10 to 16."""
    model = EmbeddingConv1D(kernel=hp.Choice("kernel", [2, 3, 4, 5, 10, 16]), dropout=0.3)
    return replace(experiments["conv1d"], model=model)


def shuffled_space(hp):
    """Kernels, filters and initial weights of the network whose frames are shuffled."""
    model = EmbeddingConv1D(
        active=hp.Choice("active", [2, 3, 6]),
        kernel=hp.Choice("kernel", [3, 2, 5]),
        dropout=hp.Choice("dropout", [0.2, 0.5]),
        initializer=hp.Choice("initializer", INITIALIZERS),
        filters=FILTERS[hp.Choice("filters", list(FILTERS))],
    )
    value = replace(conv1d_shuffled, model=ShuffledFrames(model))
    optimizers = {"sgd": SGD(momentum=0.9), "adam": Adam()}
    return fitted(hp, value, optimizers, [2e-3, 1e-3, 1e-2])


def transformer_space(hp, loss=CrossEntropy()):  # noqa: B008 (a frozen value)
    """Learning rates near the paper's, with trained or frozen query, key and value."""
    model = EmbeddingTransformer(freeze_qkv=hp.Boolean("freeze_qkv"))
    value = paper(model, 32, hp.Choice("learning_rate", [1e-5, 3e-5, 1e-4]), 10)
    return replace(value, fit=replace(value.fit, loss=loss))


def attention_space(hp):
    """Settings near the chosen ones, for one network and with more validation clips."""
    network = EmbeddingAttention(
        heads=hp.Choice("heads", [1, 4, 8]),
        clip_units=hp.Choice("clip_units", [512, 1024]),
        dropout=hp.Choice("dropout", [0.4, 0.5]),
    )
    loss = TargetFirst(hp.Choice("others", [0.03, 0.1, 0.3]))
    fit = replace(attention.fit, epochs=10, loss=loss)
    data = replace(attention.data, validation=0.2)
    return replace(attention, data=data, model=Ensemble(network, size=1), fit=fit)


attention = Experiment(
    # Nothing is chosen on the validation clips, so a few are enough.
    data=AudioSetTags(target="Speech", validation=0.01),
    frontend=Scaling("standardize"),
    model=Ensemble(EmbeddingAttention(), size=2),
    fit=Fit(
        epochs=20,
        batch_size=128,
        optimizer=AdamW(learning_rate=1e-3, weight_decay=1e-2),
        schedule=Cosine(),
        loss=TargetFirst(others=0.1),
        keep="last",
    ),
)

conv1d_shuffled = Experiment(
    data=AudioSetTarget(),
    frontend=Scaling("standardize"),
    model=ShuffledFrames(EmbeddingConv1D(active=2)),
    fit=Fit(
        epochs=30,
        batch_size=64,
        optimizer=SGD(learning_rate=2e-3, momentum=0.9),
        schedule=Cosine(),
    ),
)

conv2d_regularized = Experiment(
    data=AudioSetTarget(),
    frontend=Scaling("standardize"),
    model=EmbeddingConv2D(dropout=0.5),
    fit=Fit(
        epochs=20,
        batch_size=64,
        optimizer=AdamW(learning_rate=1e-3, weight_decay=1.0),
        schedule=Cosine(),
        threshold="best_accuracy",
    ),
)

experiments = {
    "linear": linear(*TABLE_3[0]),
    "linear_optimizers": linear_optimizers(*TABLE_1[1]),
    "conv1d": conv1d(*TABLE_5[0]),
    "conv1d_shuffled": conv1d_shuffled,
    "conv1d_layers": conv1d_layers(*TABLE_4[5]),
    "conv1d_optimizers": conv1d_optimizers(*TABLE_2[0]),
    "conv1d_kernels": conv1d(*TABLE_5[0]),
    "conv2d": paper(EmbeddingConv2D(), 64, 1e-5, 150),
    "conv2d_regularized": conv2d_regularized,
    "lstm": paper(EmbeddingLSTM(), 32, 1e-3, 10),
    "transformer": paper(EmbeddingTransformer(), 32, 1e-5, 150),
    "transformer_bce": transformer_bce,
    "attention": attention,
}

spaces = {
    "linear": rows(TABLE_3, linear),
    "linear_optimizers": rows(TABLE_1, linear_optimizers),
    "conv1d": rows(TABLE_5, conv1d),
    "conv1d_layers": rows(TABLE_4, conv1d_layers),
    "conv1d_optimizers": rows(TABLE_2, conv1d_optimizers),
    "conv1d_kernels": kernels_space,
    "conv1d_shuffled": shuffled_space,
    "conv2d": conv2d_space,
    "conv2d_regularized": conv2d_regularized_space,
    "lstm": lstm_space,
    "transformer": transformer_space,
    "transformer_bce": lambda hp: transformer_space(hp, transformer_bce.fit.loss),
    "attention": attention_space,
}

"""Fifty tags of MagnaTagATune by networks of the literature: on samples, and a CRNN on log-mel.

Source: sample_cnn: Lee, Park, Kim and Nam 2017, test ROC-AUC .9055. residual: Kim, Lee and Nam
2018, "ReSE-2" with multi-level aggregation, .9113. Both had sound at 22 kHz and the literature's
tags, and trained on windows, not on clips. crnn: Choi, Fazekas, Sandler and Cho 2017, with the
widths of Elwood and Varosyan, who report a test ROC-AUC of .8949 ± .0028 on this split, but whose
GRUs ran along the batch.

    python -m kerasaudio.train --experiment magnatagatune:crnn --data ROOT

Expect: nothing has been run on the whole set yet. One epoch of crnn on the stand-in (360 synthetic
training clips; 90 clips and 34 tags to test on) took four minutes and 8.5 GB on two busy cores:
ROC-AUC 0.634.
"""

from kerasaudio.data.magnatagatune import MagnaTagATune
from kerasaudio.experiment import SGD, Adam, Experiment, Fit, Plateau
from kerasaudio.frontends.log_mel import LogMel
from kerasaudio.frontends.normalized import Normalized
from kerasaudio.frontends.windows import Windows
from kerasaudio.models.crnn import CRNN
from kerasaudio.models.residual_cnn import ResidualCNN
from kerasaudio.models.sample_cnn import LEE
from kerasaudio.models.windowed import Windowed
from kerasaudio.tuning.spaces import space

DATA = MagnaTagATune(split="12-1-3")


def on_samples(network):
    """Returns the experiment of a network on samples."""
    return Experiment(
        data=DATA,
        frontend=Windows(59_049),
        model=Windowed(network, average="scores"),
        fit=Fit(
            epochs=60,
            batch_size=5,  # clips of five windows
            optimizer=SGD(0.01, momentum=0.9, nesterov=True),
            schedule=Plateau(factor=0.2, patience=3, watch="val_loss"),
            keep="best_auc",
        ),
    )


experiments = {
    "sample_cnn": on_samples(LEE),
    "residual": on_samples(ResidualCNN()),
    "crnn": Experiment(
        data=DATA,
        frontend=Normalized(LogMel(window=512, hop=256, bands=96)),
        model=CRNN(),
        fit=Fit(epochs=20, batch_size=32, optimizer=Adam(1e-4), keep="best_auc"),
    ),
}

CONVOLUTIONS = {
    "kernel": [3, 5],
    "width": [0.5, 1.0],
    "conv_dropout": [0.0, 0.1, 0.2],
    "initializer": ["he_uniform", "he_normal", "glorot_uniform"],
}

spaces = {
    "sample_cnn": space(
        experiments["sample_cnn"], learning_rates=[0.001, 0.01, 0.05], **CONVOLUTIONS
    ),
    "residual": space(
        experiments["residual"],
        learning_rates=[0.001, 0.01, 0.05],
        **CONVOLUTIONS,
        dropout=[0.0, 0.2, 0.5],
        expansion=[16, 0, 1],
        levels=[3, 1, 2],
    ),
    "crnn": space(
        experiments["crnn"],
        learning_rates=[0.0001, 0.0003, 0.001],
        **CONVOLUTIONS,
        window=[512, 1024],
        units=[64, 128, 192],
        layers=[1, 2],
        cell=["gru", "lstm"],
    ),
}

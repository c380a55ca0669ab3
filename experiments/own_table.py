"""Your own table of features: a CSV file with a column of labels; three dense layers.

Source: the network is that of gtzan_mlp; the data is yours. Put the table anywhere below a folder
ROOT.

    python -m kerasaudio.train --experiment own_table --data ROOT \\
        --set data.path=FILE.csv --set data.label_column=NAME

Expect: depends on your table. On the synthetic stand-in, without --data, test accuracy 0.861
[0.763, 0.923] (n = 72, seed 0); five seconds of training on two cores.
"""

from kerasaudio.data.own_table import OwnTable
from kerasaudio.experiment import Adam, Experiment, Fit
from kerasaudio.frontends.standardize import Standardize
from kerasaudio.models.mlp import MLP
from kerasaudio.tuning.spaces import space as space_around

experiment = Experiment(
    data=OwnTable(path="own/table.csv", label_column="label"),
    frontend=Standardize(),
    model=MLP(units=(128, 128, 64), dropout=(0.1, 0.2, 0.1), activation="leaky_relu"),
    fit=Fit(epochs=50, batch_size=32, optimizer=Adam()),
)

space = space_around(
    experiment,
    units=[64, 128, 256],
    dropout=[0.0, 0.1, 0.2, 0.5],
    activation=["leaky_relu", "relu"],
    initializer=["glorot_uniform", "random_uniform"],
)

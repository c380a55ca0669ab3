"""Labels that were swapped on purpose are found, by hand and on predictions of scikit-learn."""

import numpy as np
import pandas as pd
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from kerasaudio.scoring.suspects import suspects


def table(truth, probabilities, labels):
    return pd.DataFrame(
        {"id": [f"{n}.wav" for n in range(len(truth))], "truth": truth}
        | dict(zip(labels, np.array(probabilities).T, strict=True))
    )


def test_by_hand():
    # Means of a's own: (.9 + .8 + .1) / 3 = .6, of b's: (.7 + .9) / 2 = .8.
    found = suspects(
        table(list("aaabb"), [[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.3, 0.7], [0.1, 0.9]], "ab"),
        ["a", "b"],
    )
    assert found.to_dict("records") == [
        {
            "id": "2.wav",
            "truth": "a",
            "suspected": "b",
            "probability": 0.9,
            "probability_of_truth": 0.1,
        }
    ]


def test_a_label_that_no_example_has_is_never_suspected():
    found = suspects(table(list("aa"), [[0.2, 0.8], [0.9, 0.1]], "ab"), ["a", "b"])
    assert found.empty


def test_swapped_labels_of_flowers_are_found():
    features, truth = load_iris(return_X_y=True)
    swapped = np.random.default_rng(0).choice(len(truth), 10, replace=False)
    given = truth.copy()
    given[swapped] = (given[swapped] + 1) % 3
    probabilities = cross_val_predict(
        LogisticRegression(max_iter=1000), features, given, cv=5, method="predict_proba"
    )
    names = ["setosa", "versicolor", "virginica"]
    found = suspects(table(np.array(names)[given], probabilities, names), names)
    rows = {int(name.removesuffix(".wav")) for name in found.id}
    assert len(rows & set(swapped.tolist())) >= 8
    assert len(rows - set(swapped.tolist())) <= 10


def test_a_label_that_is_the_most_probable_one_is_no_suspect():
    # Means of a's own: (.6 + 1) / 2 = .8, of b's: (.2 + .4) / 2 = .3; the first a is below both.
    rows = [[0.6, 0.4], [1.0, 0.0], [0.8, 0.2], [0.6, 0.4]]
    assert "0.wav" not in set(suspects(table(list("aabb"), rows, "ab"), ["a", "b"]).id)

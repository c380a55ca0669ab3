"""A decision tree that can be read, and its picture."""

import numpy as np
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from kerasaudio.reports.tree_figure import tree_figure
from kerasaudio.scoring import baselines
from kerasaudio.scoring.decision_tree import TREE, readable_tree


def table():
    random = np.random.default_rng(0)
    labels = np.arange(200) % 4
    features = random.normal(size=(200, 3)) * (1, 10, 100) + (0, 0, 500)
    features[:, 1] += 50 * labels
    return baselines.Rows(features, labels)


def test_it_gives_the_answers_of_the_tree_on_scaled_features():
    rows, settings = table(), {"max_depth": 3, "min_samples_leaf": 2}
    scaled = StandardScaler().fit_transform(rows.features)
    expected = DecisionTreeClassifier(**settings, random_state=0).fit(scaled, rows.y_true)
    found = readable_tree(rows, settings, 0)
    np.testing.assert_array_equal(found.predict(rows.features), expected.predict(scaled))
    assert TREE in baselines.BASELINES


def test_its_picture_asks_about_features_in_their_own_units():
    tree = readable_tree(table(), {"max_depth": 5}, 0)
    picture = tree_figure(tree, ("tempo", "a<b", "length"), ("w", "x", "y", "z"))
    assert picture.lstrip().startswith(("<svg", "<?xml"))
    (threshold,) = {tree.tree_.threshold[0]}
    assert f"{threshold:.4f}".rstrip("0") in picture

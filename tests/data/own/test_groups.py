"""What belongs together, by names of files, stays in one split."""

import pytest

from kerasaudio.data.own.groups import Draw, groups_of, suggested
from kerasaudio.data.own.passages import Passage
from kerasaudio.errors import UserError


@pytest.mark.parametrize(
    ("names", "hint"),
    [
        (["a_1", "a_2", "b_1", "b_2"], True),
        (["cow_1", "cow_2", "cow_3", "cow_4"], False),  # every name begins so
        (["a1", "a2", "b1", "b2"], False),
        (["x-1", "y-1", "z-1", "w-1"], False),
    ],
)
def test_names_suggest_groups(names, hint, tmp_path):
    passages = [Passage(tmp_path, name, f"cow/{name}.wav", ("cow",)) for name in names]
    assert (suggested(passages) is not None) == hint


def test_folds_that_are_numbers_come_in_their_order(tmp_path):
    passages = [
        Passage(tmp_path, f"{n}", f"{n}.wav", (f"{n % 2}",), columns={"fold": f"{n % 10 + 1}"})
        for n in range(20)
    ]
    sides = Draw(10, 1, 0.2, 0).sides(passages, None)
    assert [each.name for each, side in zip(passages, sides, strict=True) if side == "test"] == [
        "1",
        "11",
    ]


def test_unequal_splits_need_groups(tmp_path):
    passages = [Passage(tmp_path, f"{n}", f"{n}.wav", ("ab"[n % 2],)) for n in range(4)]
    with pytest.raises(UserError, match="4 groups.*at least 5"):
        Draw(5, 0, 0.2, 0).sides(passages, None)


@pytest.mark.parametrize("turned", [False, True])
def test_a_column_of_groups_counts_wherever_it_is(tmp_path, turned):
    passages = [
        Passage(tmp_path, "a", "a.wav", ("x",)),
        *(Passage(tmp_path, n, f"{n}.wav", ("x",), columns={"group": "one"}) for n in "bc"),
    ]
    groups, _ = groups_of(passages[::-1] if turned else passages, None)
    assert sorted(groups) == ["a.wav", "one", "one"]

"""Searches on a real Ray cluster of two nodes give what one process gives."""

from pathlib import Path

import pandas as pd
import pytest

from kerasaudio.tuning import running


@pytest.fixture
def own(normalised):
    """One of its four trials is impossible."""
    return normalised(4, 8, -1, 16)


def table(runs):
    (path,) = Path(runs).glob("*/trials.csv")
    return path.read_text()


def test_stacks_are_trained_elsewhere(nodes, command, standin_root):
    search = ("search", "--experiment", "gtzan_mlp", "--data", standin_root, "--epochs", 1,
              "--trials", 6, "--set", "fit.batch_size=280")  # fmt: skip
    assert command(*search, "--runs", "one").code == 0
    outcome = command(*search, "--runs", "two", "--cluster", nodes.address)
    assert outcome.code == 0, outcome.err
    assert "workers   2 on 2 machines" in outcome.err
    assert table("two") == table("one")


def test_a_node_that_dies_loses_no_trial(nodes, third, command, own, standin_root, monkeypatch):
    search = ("search", "--experiment", own, "--data", standin_root, "--epochs", 1,
              "--set", "fit.batch_size=280")  # fmt: skip
    assert command(*search, "--runs", "one").code == 0
    written = running._write_files

    def kill(tuner, ended, folder):
        third()
        return written(tuner, ended, folder)

    monkeypatch.setattr(running, "_write_files", kill)
    outcome = command(*search, "--runs", "two", "--cluster", nodes.address)
    assert outcome.code == 0, outcome.err
    assert "workers   3 on 3 machines" in outcome.err
    assert "trial 4 of 4" in outcome.out
    assert table("two") == table("one")
    (failed,) = Path("two").glob("*/failed.csv")
    assert list(pd.read_csv(failed).units) == [-1]


@pytest.mark.parametrize("strategy", ["bayesian", "hyperband"])
def test_strategies_that_learn_draw_the_same_points(nodes, command, standin_root, strategy):
    search = ("search", "--experiment", "gtzan_mlp", "--data", standin_root, "--epochs", 1,
              "--strategy", strategy, "--trials", 9, "--set", "fit.batch_size=280")  # fmt: skip
    assert command(*search, "--runs", "one").code == 0
    outcome = command(*search, "--runs", "two", "--cluster", nodes.address)
    assert outcome.code == 0, outcome.err
    assert table("two") == table("one")


def test_the_cache_of_a_search_is_filled_by_all(nodes, command, sounding):
    search = ("search", "--experiment", "gtzan_cnn1d:gap", "--data", sounding, "--epochs", 1,
              "--strategy", "random", "--trials", 1, "--set", "data.window_samples=16000",
              "--set", "data.windows=2")  # fmt: skip
    assert command(*search, "--runs", "one", "--cache", "cache-one").code == 0
    there = ("--cache", "cache-two", "--cluster", nodes.address)
    outcome = command(*search, "--runs", "two", *there)
    assert outcome.code == 0, outcome.err
    assert outcome.out.count("log_mel of 80 clips, 80 computed now") == 1
    assert outcome.err.count("workers   2 on 2 machines") == 1
    assert table("two") == table("one")

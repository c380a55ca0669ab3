"""Searches on a real Ray cluster of two nodes give what one process gives."""

import os
import threading
from pathlib import Path

import pandas as pd
import pytest

from kerasaudio.cluster.executor import Machines
from kerasaudio.errors import UserError
from kerasaudio.tuning import running

pytest.importorskip("ray", reason="needs Ray: pip install 'kerasaudio[cluster]'")

TWO = {"num_cpus": 2, "object_store_memory": 10**8}
# Normalised models train alone, one a task; plain ones in stacks.
OWN = """
from dataclasses import dataclass, replace
from keras import layers
from kerasaudio.experiment.catalogue import load

experiment = load("gtzan_mlp").experiment

@dataclass(frozen=True)
class Normalised:
    units: int
    def __call__(self, features, labels):
        return layers.Dense(labels)(layers.BatchNormalization()(layers.Dense(self.units)(features)))

def space(hp):
    return replace(experiment, model=Normalised(hp.Choice("units", [4, 8, -1, 16])))
"""


@pytest.fixture(scope="module")
def nodes():
    """A cluster of two nodes; the second one lacks what LACKING names."""
    from ray.cluster_utils import Cluster

    os.environ["RAY_worker_niceness"] = "0"
    cluster = Cluster(initialize_head=True, head_node_args={**TWO, "include_dashboard": False})
    cluster.second = cluster.add_node(**TWO, env_vars={"LACKING": "clips"})
    yield cluster
    cluster.shutdown()


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(OWN)
    return path


def table(runs):
    (path,) = Path(runs).glob("*/trials.csv")
    return path.read_text()


def test_a_machine_without_the_data_is_passed_over(nodes, capsys):
    def lacks_clips():  # functions of this file's own have to be pickled as they are
        if lacking := os.environ.get("LACKING"):
            raise UserError(f"there are no {lacking}.")

    def node(_):
        import ray

        return ray.get_runtime_context().get_node_id()

    with Machines(address=nodes.address).executor(lacks_clips) as executor:
        assert executor.workers == 4
        found = [executor.submit(node, number) for number in range(8)]
        assert nodes.second.node_id not in {each.result() for each in found}
        refused = executor.refused
    if refused:  # a task may not have come there
        assert refused == {nodes.second.node_id: "there are no clips."}
        assert capsys.readouterr().err.count("there are no clips.\n") == 1


def test_an_error_of_a_task_is_the_same_error_here(nodes):
    def fails(_):
        raise UserError("it is silent.")

    with Machines(address=nodes.address).executor(lambda: None) as executor:
        with pytest.raises(UserError, match=r"^it is silent\.$"):
            executor.submit(fails, 0).result()


def test_stacks_are_trained_elsewhere(nodes, command, standin_root):
    search = ("search", "--experiment", "gtzan_mlp", "--data", standin_root, "--epochs", 1,
              "--trials", 6, "--set", "fit.batch_size=280")  # fmt: skip
    assert command(*search, "--runs", "one").code == 0
    outcome = command(*search, "--runs", "two", "--cluster", nodes.address)
    assert outcome.code == 0, outcome.err
    assert "workers   4 on 2 machines" in outcome.out
    assert table("two") == table("one")


def test_a_node_that_dies_loses_no_trial(nodes, command, own, standin_root, monkeypatch):
    """The last test of this file: it takes the second node."""
    search = ("search", "--experiment", own, "--data", standin_root, "--epochs", 1,
              "--set", "fit.batch_size=280")  # fmt: skip
    assert command(*search, "--runs", "one").code == 0
    written, killed = running._write_files, threading.Event()

    def kill(tuner, ended, folder):
        if not killed.is_set():
            killed.set()
            nodes.remove_node(nodes.second, allow_graceful=False)
        return written(tuner, ended, folder)

    monkeypatch.setattr(running, "_write_files", kill)
    outcome = command(*search, "--runs", "two", "--cluster", nodes.address)
    assert outcome.code == 0, outcome.err
    assert killed.is_set() and "trial 4 of 4" in outcome.out
    assert table("two") == table("one")
    (failed,) = Path("two").glob("*/failed.csv")
    assert list(pd.read_csv(failed).units) == [-1]

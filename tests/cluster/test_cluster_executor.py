"""Tasks on a real Ray cluster: which machines take part, and what comes back."""

import os
import time
from pathlib import Path

import pytest

from kerasaudio.cluster.executor import Machines, NoWorkerError, machines
from kerasaudio.errors import UserError

FALSE = "Metadata-Version: 2.1\nName: soundfile\nVersion: 99.0\n"


def occupy(executor, tmp_path):
    """Fills every worker until a machine was refused; returns the nodes of the tasks."""

    def wait(go):  # functions of this file's own have to be pickled as they are
        import ray

        while not Path(go).exists():
            time.sleep(0.02)
        return ray.get_runtime_context().get_node_id()

    tasks = [executor.submit(wait, str(tmp_path / "go")) for _ in range(executor.workers)]
    started = time.monotonic()
    while not executor.refused and time.monotonic() < started + 60:
        time.sleep(0.02)
    (tmp_path / "go").touch()
    return {each.result() for each in tasks}


def test_a_machine_without_the_data_is_passed_over(nodes, capsys, tmp_path):
    def lacks_clips():
        if lacking := os.environ.get("LACKING"):
            raise UserError(f"there are no {lacking}.")

    with Machines(address=nodes.address).executor(lacks_clips) as executor:
        assert executor.workers == 2
        assert nodes.second.node_id not in occupy(executor, tmp_path)
        assert executor.refused == {nodes.second.node_id: "there are no clips."}
        assert executor.workers == 1
    assert capsys.readouterr().err.count("there are no clips.\n") == 1


def test_a_machine_with_another_version_is_passed_over(nodes, capsys, tmp_path):
    (tmp_path / "soundfile-99.0.dist-info").mkdir()
    (tmp_path / "soundfile-99.0.dist-info" / "METADATA").write_text(FALSE)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    third = nodes.add_node(**nodes.size, env_vars={"PYTHONPATH": path})
    try:
        with Machines(address=nodes.address).executor(lambda: None) as executor:
            assert third.node_id not in occupy(executor, tmp_path)
            assert list(executor.refused) == [third.node_id]
    finally:
        nodes.remove_node(third)
        nodes.wait_for_nodes()
    assert "it has soundfile 99.0, the first machine has 0." in capsys.readouterr().err


def test_an_error_of_a_task_is_the_same_error_here(nodes):
    def fails(_):
        raise UserError("it is silent.")

    with Machines(address=nodes.address).executor(lambda: None) as executor:
        with pytest.raises(UserError, match=r"^it is silent\.$"):
            executor.submit(fails, 0).result()


def test_no_machine_that_can_be_used_is_one_line(nodes):
    def refuses():
        raise UserError("there is nothing.")

    with Machines(address=nodes.address).executor(refuses) as executor:
        with pytest.raises(NoWorkerError, match=r"No worker can be used: there is nothing\."):
            executor.submit(len, ()).result()


@pytest.mark.parametrize("port", ["1", "99999"])
def test_a_cluster_that_does_not_answer_is_one_line(port):
    with pytest.raises(UserError, match=r"cannot be used: nothing answers at .*`ray status`"):
        with Machines(address=f"localhost:{port}").executor(lambda: None):
            pass


@pytest.mark.parametrize(
    ("workers", "cluster", "message"),
    [
        (0, None, "workers is 0: expected a whole number from 1"),
        (10**6, None, "8 for each processor"),
        (None, " ", "The address of the cluster is empty: expected one, or auto"),
        (2, "auto", "set only one"),
    ],
)
def test_what_makes_no_sense_is_one_line(workers, cluster, message):
    with pytest.raises(UserError, match=message):
        machines(workers, cluster)

"""A Ray cluster of two nodes on this machine."""

import os

import pytest

pytest.importorskip("ray", reason="needs Ray: pip install 'kerasaudio[cluster]'")

NODE = {"num_cpus": 1, "object_store_memory": 10**8}
HEAD = {
    **NODE,
    "include_dashboard": False,
    "_system_config": {"health_check_period_ms": 500},  # so that a dead node is noticed soon
}


@pytest.fixture(scope="session")
def nodes():
    """A cluster of two nodes; the second one lacks what LACKING names."""
    from ray.cluster_utils import Cluster

    os.environ["RAY_worker_niceness"] = "0"
    cluster = Cluster(initialize_head=True, head_node_args=HEAD)
    cluster.size = NODE
    cluster.second = cluster.add_node(**NODE, env_vars={"LACKING": "clips"})
    yield cluster
    cluster.shutdown()


@pytest.fixture
def third(nodes):
    """A third node; the returned function kills it, once."""
    node = nodes.add_node(**NODE)
    killed = []

    def kill():
        if not killed:
            killed.append(node)
            nodes.remove_node(node, allow_graceful=False)

    yield kill
    kill()
    nodes.wait_for_nodes()  # or the next test still counts it

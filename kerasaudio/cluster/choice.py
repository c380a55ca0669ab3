"""What can be wrong with the processes or the cluster that a person asks for."""

from __future__ import annotations

import os
import socket
from typing import Any

from kerasaudio.errors import UserError

MOST = 8  # processes for each processor of this machine
ANSWER_SECONDS = 10  # in which a cluster has to take a connection


def check_choice(workers: int | None, cluster: str | None) -> None:
    """Checks a number of processes and a cluster's address.

    Args:
        workers: Number of processes of this machine, or `None`.
        cluster: Address of a cluster, or `None`.

    Raises:
        UserError: If both are given, or there would be no process or far too many.
    """
    if cluster is not None and not cluster.strip():
        raise UserError("The address of the cluster is empty: expected one, or auto.")
    if workers and cluster:
        raise UserError("Workers are of this machine and a cluster has its own: set only one.")
    most = MOST * (os.cpu_count() or 1)
    if workers is not None and not 1 <= workers <= most:
        raise UserError(
            f"workers is {workers}: expected a whole number from 1 to {most}, which is {MOST} for "
            "each processor."
        )


def check_answers(ray: Any, address: str) -> None:
    """Checks that something listens where a cluster should be. Ray would try for many minutes.

    Args:
        ray: The module.
        address: Address of the cluster, or "auto".

    Raises:
        ConnectionError: If nothing does.
    """
    if "://" in address:  # not the cluster's own address
        return
    found = ray._private.services.canonicalize_bootstrap_address(address)
    host, _, port = found.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), ANSWER_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise ConnectionError(f"nothing answers at {found} ({error})") from error

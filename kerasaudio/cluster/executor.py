"""Ray's tasks behind the interface of `concurrent.futures`.

Source: https://docs.ray.io, "Tasks", "Fault tolerance" and "Token authentication".
"""

from __future__ import annotations

import logging
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from kerasaudio.cluster.choice import check_answers, check_choice
from kerasaudio.cluster.worker import Refused, Setup, own_files, versions, work
from kerasaudio.errors import UserError, one_line

RETRIES = 5  # deaths of a process or machine that one task survives
WAITING = 1024  # tasks that are waited for at the same time
STORE = 200_000_000  # bytes of Ray's object store on this machine; results are small

DEFAULTS = {  # of Ray's environment variables, for the processes that are started here
    "RAY_worker_niceness": "0",  # or they run at 15, and everything else goes first
    "RAY_AUTH_MODE": "token",  # or everybody who reaches the machine can run programs on it
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_task_oom_retries": str(RETRIES),
}


class NoWorkerError(UserError):
    """No process can be used, so nothing can go on."""


@dataclass(frozen=True)
class Machines:
    """Where tasks run; neither argument stands for this process alone.

    Args:
        workers: Number of processes of this machine.
        address: Address of a Ray cluster that is running, which this machine belongs to, or "auto".
    """

    workers: int | None = None
    address: str | None = None

    def __bool__(self) -> bool:
        return bool(self.workers or self.address)

    @contextmanager
    def executor(
        self,
        check: Callable[[], None],
        threads: int = 1,
        calls: int = 0,
        gpus: bool = False,
    ) -> Iterator[RayExecutor]:
        """Yields an executor; leaving the `with` block ends what is running.

        Args:
            check: Called in each process before its first task. Where it raises UserError, the
                machine is passed over, and a line says so.
            threads: Threads that a TensorFlow operation may take.
            calls: Number of tasks after which a process is replaced by a new one; 0 for never.
            gpus: Whether the tasks compute on GPUs where there are any.

        Raises:
            UserError: If Ray is not installed, or there is no such cluster.
        """
        if self.workers:  # Ray reads these when it is imported
            for name, value in DEFAULTS.items():
                os.environ.setdefault(name, value)
            os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
        ray = _ray()
        running = ray.is_initialized()
        if not running:
            self._connect(ray)
        executor = RayExecutor(self._resources(ray, threads, gpus), _setup(threads, check), calls)
        found = len([node for node in ray.nodes() if node["Alive"]])
        machines = f"{found} machine{'s' * (found > 1)}"
        if not running:
            print(
                f"workers   {executor.workers} on {machines}, by Ray {ray.__version__}",
                file=sys.stderr,
            )
        try:
            yield executor
        finally:
            executor.shutdown(cancel_futures=True)
            if not running:
                ray.shutdown()

    def _connect(self, ray: Any) -> None:
        quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
        ray._private.worker._worker_logs_enabled = False  # it prints logs of machines that died
        try:
            if self.address:
                check_answers(ray, self.address)
                ray.init(self.address, **quiet)
                return
            store = {"object_store_memory": STORE, "include_dashboard": False}
            ray.init("local", num_cpus=self.workers, **store, **quiet)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise UserError(
                f"The Ray cluster {self.address or 'of this machine'} cannot be used: "
                f"{one_line(str(error)).rstrip('.')}; `ray status` shows what is running."
            ) from error

    def _resources(self, ray: Any, threads: int, gpus: bool) -> dict[str, float]:
        """What a task takes: a process of this machine has an equal share of the GPUs."""
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        here = sum(each.get("GPU", 0) for each in nodes) if gpus else 0
        if self.workers:
            return {"num_cpus": 1, "num_gpus": min(1, here / self.workers)}
        most = max(each.get("CPU", 0) for each in nodes)
        return {"num_cpus": 1 if here else max(1, min(threads, most)), "num_gpus": min(1, here)}


HERE = Machines()


def machines(workers: int | None, cluster: str | None) -> Machines:
    """Returns what a person asks for.

    Args:
        workers: Number of processes of this machine, or `None`.
        cluster: Address of a cluster, or `None`.

    Raises:
        UserError: If both are given, or there would be no process or far too many.
    """
    check_choice(workers, cluster)
    return Machines(workers, cluster)


class RayExecutor(Executor):
    """Runs functions in Ray's processes.

    A task begins again elsewhere when its process or machine dies. Functions and what they take
    and return are pickled.

    Args:
        resources: What a task takes, as options of a Ray task.
        setup: What all tasks have in common.
        calls: Number of tasks after which a process is replaced by a new one; 0 for never.
    """

    def __init__(self, resources: dict[str, float], setup: Setup, calls: int) -> None:
        self.ray = _ray()
        self.resources = resources
        self.setup = self.ray.put(setup)
        self.work = self.ray.remote(max_calls=calls, max_retries=RETRIES, **resources)(work)
        self.threads = ThreadPoolExecutor(WAITING)
        self.running: set[Any] = set()
        self.refused: dict[str, str] = {}
        self.stopped = False

    @property
    def workers(self) -> int:
        """Number of tasks that can run at the same time; machines may come and go."""
        names = {"num_cpus": "CPU", "num_gpus": "GPU"}
        taken = {names[name]: share for name, share in self.resources.items() if share}
        return sum(
            int(min(node["Resources"].get(name, 0) / share for name, share in taken.items()))
            for node in self.ray.nodes()
            if node["Alive"] and node["NodeID"] not in self.refused
        )

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Returns the future of a call; see `concurrent.futures.Executor`.

        A UserError of the function is the future's, and so is one that says that the task's
        process died too often.
        """
        task = self.ray.cloudpickle.dumps((function, args, kwargs))
        return self.threads.submit(self._until_done, task)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the executor; see `concurrent.futures.Executor`."""
        self.stopped = cancel_futures
        if cancel_futures:
            for reference in list(self.running):
                self.ray.cancel(reference, force=True)
        self.threads.shutdown(wait, cancel_futures=cancel_futures)

    def _until_done(self, task: bytes) -> Any:
        """Waits for a task; one that came to a machine of no use goes to another one."""
        errors = self.ray.exceptions
        while True:
            reference = self.work.options(**self._elsewhere()).remote(self.setup, task)
            self.running.add(reference)
            try:
                if self.stopped:
                    self.ray.cancel(reference, force=True)
                found = self.ray.get(reference)
            except errors.RayTaskError as error:
                if "No module named 'kerasaudio'" in str(error):
                    raise NoWorkerError(
                        "A worker has no kerasaudio: install the same version on all machines."
                    ) from error
                raise error.cause if isinstance(error.cause, UserError) else error from error
            except (
                errors.WorkerCrashedError,
                errors.NodeDiedError,
                errors.OutOfMemoryError,
            ) as error:
                raise UserError(
                    f"Its process ended {RETRIES + 1} times, perhaps for memory: "
                    f"{one_line(str(error))[:300]}"
                ) from error
            finally:
                self.running.discard(reference)
            if not isinstance(found, Refused):
                return found
            self._refuse(found)

    def _elsewhere(self) -> dict[str, Any]:
        """Options that keep a task away from the machines that were refused."""
        if not self.refused:
            return {}
        return {"label_selector": {"ray.io/node-id": f"!in({','.join(self.refused)})"}}

    def _refuse(self, found: Refused) -> None:
        if found.node not in self.refused:
            self.refused[found.node] = found.reason
            nodes = {node["NodeID"]: node["NodeManagerAddress"] for node in self.ray.nodes()}
            where = nodes.get(found.node, found.node)
            print(f"passed over: worker {where}: {found.reason}", file=sys.stderr)
        if not self.workers:
            raise NoWorkerError(f"No worker can be used: {found.reason}")


def _setup(threads: int, check: Callable[[], None]) -> Setup:
    pickled = _ray().cloudpickle.dumps(check)
    return Setup(versions(), threads, str(Path.cwd()), own_files(), pickled)


def _ray() -> Any:
    try:
        return import_module("ray")
    except ImportError as error:
        raise UserError(
            f"--workers and --cluster need Ray ({error}): pip install 'kerasaudio[cluster]'."
        ) from error

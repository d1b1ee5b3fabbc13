"""An address, a token -> a Ray cluster that this process has joined; what cannot work is told at once."""

import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Timer, current_thread, main_thread
from typing import Any

from pipeline.errors import PaperatlasError
from pipeline.workers.ray_tasks import RayCluster

LOCAL = "local"  # the address that starts Ray on this machine
CONNECT_SECONDS = 5.0
HEALTH_SECONDS = 20.0
REFUSED = "the Ray cluster refuses the token; name the variable that holds it in run.token_variable"
UNREACHABLE = "no Ray cluster answers there; start it (ray start --head), or correct run.address"


@contextmanager
def connect(*, address: str | None, token: str | None, workers: int | None) -> Iterator[RayCluster]:
    """The cluster at an address ("host:port", or "local" for one on this machine), until the context ends.

    token: of the cluster, where Ray does not know it from its own settings. workers: at once, None for as many as the
    cluster has cores. Raises PaperatlasError where Ray is not installed, no cluster answers, or the token is wrong.
    """
    if address is None:
        raise PaperatlasError(
            'run.executor = "ray": no address; set run.address or RAY_ADDRESS ("local" starts Ray on this machine)'
        )
    _check_address(address)
    with _environment(_settings_of(address, token)):
        ray = _import_ray()
        _check_health(address)
        _join(ray, address, workers)
        try:
            resources = ray.cluster_resources()
            cores = max(1, int(resources.get("CPU", 1)))
            yield RayCluster(ray, workers or cores, int(resources.get("GPU", 0)))
        finally:
            ray.shutdown()


def _check_address(address: str) -> None:
    """Raises PaperatlasError where nothing listens there: Ray itself waits minutes, then ends the process."""
    if address in (LOCAL, "auto"):
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():
        raise PaperatlasError(f'run.address = "{address}": not an address; write host:port, as `ray start` shows it')
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_SECONDS).close()
    except (OSError, OverflowError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise PaperatlasError(f"{address}: {reason}: {UNREACHABLE}") from None


def _check_health(address: str) -> None:
    """Raises PaperatlasError where no cluster answers, or it refuses the token: Ray itself tries that for long."""
    if address in (LOCAL, "auto") or address.startswith("ray://"):
        return
    command = [sys.executable, "-m", "ray.scripts.scripts", "health-check", "--address", address]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as check:
        ending = Timer(HEALTH_SECONDS, check.kill)
        ending.start()
        try:
            refused = any("InvalidAuthToken" in line for line in check.stderr or ())
            if refused:
                check.kill()
            check.wait()
        finally:
            ending.cancel()
            check.kill()
    if refused:
        raise PaperatlasError(f"{address}: {REFUSED}")
    if check.returncode != 0:
        raise PaperatlasError(f"{address}: {UNREACHABLE}")


def _settings_of(address: str, token: str | None) -> dict[str, str]:
    """Variables that Ray reads. It reports no usage to its makers, and a cluster of this machine has a token too."""
    settings = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
    if address == LOCAL and token is None and "RAY_AUTH_TOKEN" not in os.environ:
        token = _own_token()
    if token is not None:
        settings |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token}
    return settings


@cache
def _own_token() -> str:
    """Of the clusters that this process starts: one for all, since Ray reads it once."""
    return secrets.token_hex(16)


@contextmanager
def _environment(settings: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _own_signals() -> Iterator[None]:
    """Ray takes SIGTERM for itself when it joins a cluster: what it was for before, it is for again."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if current_thread() is main_thread():
            signal.signal(signal.SIGTERM, before)


def _import_ray() -> Any:
    try:
        import ray
        import ray.exceptions
    except ImportError:
        raise PaperatlasError("run.executor = \"ray\" needs Ray; pip install 'paperatlas[ray]'") from None
    return ray


def _join(ray: Any, address: str, workers: int | None) -> None:
    options: dict[str, Any] = {"configure_logging": False, "log_to_driver": False}
    if address == LOCAL:
        options |= {"include_dashboard": False, "num_cpus": workers}
    try:
        with _own_signals():
            ray.init(address=address, **options)
    except ray.exceptions.AuthenticationError:
        raise PaperatlasError(f"{address}: {REFUSED}") from None
    except (ConnectionError, RuntimeError, ValueError, SystemExit, ray.exceptions.RayError) as problem:
        reason = (str(problem).strip().splitlines() or ["no answer"])[0].rstrip(":. ")
        way_out = "run again, or name a cluster in run.address" if address == LOCAL else UNREACHABLE
        raise PaperatlasError(f"{address}: Ray cannot be used: {reason}; {way_out}") from None

"""A Ray cluster of three nodes, each in a network namespace of its own, joined by a bridge in a fourth.

Needs root and `ip netns`. Nothing outside these namespaces is changed, and all of it goes with the context.
"""

import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

NODES, PORT, SUBNET = 3, 6379, "10.77.0"
LONGEST_START = 120  # seconds until a node has joined
RAY = Path(sys.executable).with_name("ray")


def why_not() -> str | None:
    """Why no such cluster can be had here; None where it can."""
    if os.name != "posix" or os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None:
        return "there is no `ip` command"
    if not RAY.exists():
        return "Ray is not installed"
    return None


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@dataclass(frozen=True)
class Cluster:
    """prefix: of the names of its namespaces. environment: what joins it. nodes: the processes that hold each up."""

    prefix: str
    environment: Mapping[str, str]
    nodes: tuple[subprocess.Popen, ...]

    @property
    def address(self) -> str:
        return f"{SUBNET}.1:{PORT}"

    def start(self, command: list[str], **options) -> subprocess.Popen:
        """A process on the head's machine, with the cluster's token."""
        inside = ["ip", "netns", "exec", f"{self.prefix}0", *command]
        return subprocess.Popen(inside, env={**os.environ, **self.environment}, text=True, **options)

    def workers(self) -> list[psutil.Process]:
        """Processes that do tasks, on all nodes."""
        found = []
        for node in self.nodes:
            for process in psutil.Process(node.pid).children(recursive=True):
                try:
                    if process.cmdline()[:1] and process.cmdline()[0].startswith("ray::TaskActor"):
                        found.append(process)
                except psutil.Error:  # it ended meanwhile
                    continue
        return found

    def cut_off(self, node: int, seconds: float) -> None:
        ip("-n", f"{self.prefix}hub", "link", "set", f"h{node}", "down")
        time.sleep(seconds)
        ip("-n", f"{self.prefix}hub", "link", "set", f"h{node}", "up")

    def alive(self) -> int:
        """Nodes that the head counts as alive; 0 where it does not answer."""
        code = "import ray; ray.init('auto', configure_logging=False); print(sum(n['Alive'] for n in ray.nodes()))"
        answer = self.start([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        told = answer.communicate(timeout=300)[0].split()
        return int(told[-1]) if told else 0


@contextmanager
def cluster(folder: Path, **settings: str) -> Iterator[Cluster]:
    """settings: variables of Ray for every node."""
    prefix = f"pa{secrets.token_hex(2)}"
    environment = {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(16),
        "RAY_USAGE_STATS_ENABLED": "0",
        "OMP_NUM_THREADS": "1",
        **settings,
    }
    with ExitStack() as stack:
        _lay_wires(prefix, stack)
        nodes = []
        for node in range(NODES):
            nodes.append(_start_node(prefix, node, environment, folder))
            stack.callback(_stop, nodes[-1])
            _wait_until_joined(Cluster(prefix, environment, tuple(nodes)))
        yield Cluster(prefix, environment, tuple(nodes))


def _wait_until_joined(nodes: Cluster) -> None:
    """Until all that were started are counted."""
    deadline = time.monotonic() + LONGEST_START
    while nodes.alive() < len(nodes.nodes):
        assert nodes.nodes[-1].poll() is None, "a node ended as soon as it was started"
        assert time.monotonic() < deadline, "a node does not join"


def _lay_wires(prefix: str, stack: ExitStack) -> None:
    hub = f"{prefix}hub"
    for name in (hub, *(f"{prefix}{node}" for node in range(NODES))):
        ip("netns", "add", name)
        stack.callback(ip, "netns", "del", name)
        ip("-n", name, "link", "set", "lo", "up")
    ip("-n", hub, "link", "add", "name", "bridge0", "type", "bridge")
    ip("-n", hub, "link", "set", "bridge0", "up")
    for node in range(NODES):
        name = f"{prefix}{node}"
        ip("-n", hub, "link", "add", f"h{node}", "type", "veth", "peer", "name", "eth", "netns", name)
        ip("-n", hub, "link", "set", f"h{node}", "master", "bridge0", "up")
        ip("-n", name, "addr", "add", f"{SUBNET}.{node + 1}/24", "dev", "eth")
        ip("-n", name, "link", "set", "eth", "up")


def _start_node(prefix: str, node: int, environment: Mapping[str, str], folder: Path) -> subprocess.Popen:
    own = f"{SUBNET}.{node + 1}"
    where = ["--head", f"--port={PORT}"] if node == 0 else [f"--address={SUBNET}.1:{PORT}"]
    command = ["ip", "netns", "exec", f"{prefix}{node}", str(RAY), "start", *where, f"--node-ip-address={own}"]
    command += ["--num-cpus=1", "--object-store-memory=100000000", "--disable-usage-stats", "--block"]
    if node == 0:
        command += ["--include-dashboard=false", f"--temp-dir={folder}"]
    with (folder.parent / f"{folder.name}-node{node}.log").open("w") as log:
        return subprocess.Popen(command, env={**os.environ, **environment}, stdout=log, stderr=log)


def _stop(node: subprocess.Popen) -> None:
    """The node and all that it started."""
    children = psutil.Process(node.pid).children(recursive=True) if psutil.pid_exists(node.pid) else []
    for process in [*children, psutil.Process(node.pid)] if psutil.pid_exists(node.pid) else children:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    node.wait()

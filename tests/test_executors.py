"""Executors: the same files from the same tasks in this process, in worker processes and on a Ray cluster."""

import importlib
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from pipeline.errors import PaperatlasError
from pipeline.version import __version__
from pipeline.workers import EXECUTORS, WorkerError, open_executor, ray_connection, ray_tasks
from pipeline.workers.executors import Executor, ExecutorOptions
from pipeline.workers.ray_connection import connect
from pipeline.workers.ray_tasks import RayCluster
from tests import shard_tasks as tasks


@pytest.fixture(scope="module")
def ray():
    """A real Ray cluster of this machine."""
    with open_executor("ray", ExecutorOptions(workers=2, address="local")) as executor:
        yield executor


@pytest.fixture(params=EXECUTORS)
def executor(request):
    if request.param == "ray":
        yield request.getfixturevalue("ray")
        return
    with open_executor(request.param, ExecutorOptions(workers=2)) as made:
        yield made


@pytest.fixture(params=[name for name in EXECUTORS if name != "local"])
def remote(request):
    """An executor whose tasks run in other processes."""
    if request.param == "ray":
        return request.getfixturevalue("ray")
    return request.getfixturevalue("processes")


@pytest.fixture
def processes():
    with open_executor("processes", ExecutorOptions(workers=2)) as made:
        yield made


@pytest.fixture
def numbers(tmp_path):
    for number in range(5):
        (tmp_path / f"in-{number}").write_text(str(number + 1))
    return tmp_path


def results(folder: Path) -> list[str]:
    return [(folder / f"out-{item}").read_text() for item in "01234"]


def test_every_executor_does_the_items_and_yields_them_in_order(executor: Executor, numbers):
    assert list(executor.run(tasks.write_square, numbers, list("01234"))) == list("01234")
    assert results(numbers) == ["1", "4", "9", "16", "25"]
    assert list(executor.run(tasks.write_square, numbers, [])) == []


def test_a_worker_killed_in_the_middle_costs_its_item_and_nothing_else(remote: Executor, numbers, caplog):
    assert list(remote.run(tasks.die_once_at_two, numbers, list("01234"))) == list("01234")
    assert (numbers / "died").exists()
    assert results(numbers) == ["1", "4", "9", "16", "25"]
    assert [record.message for record in caplog.records if "done again" in record.message], "it is told"


def test_a_task_that_kills_every_worker_is_given_up(remote: Executor, tmp_path):
    with pytest.raises(WorkerError, match=r"stopped|memory"):
        list(remote.run(tasks.always_die, tmp_path, ["0"]))
    assert len((tmp_path / "attempts").read_text()) == {"processes": 3, "ray": 5}[remote.kind]


def test_a_bug_is_not_tried_again_and_its_last_line_is_told(remote: Executor, numbers):
    with pytest.raises(WorkerError, match="ValueError: no 2 today"):
        list(remote.run(tasks.fail_at_two, numbers, list("01234")))


def test_a_mistake_of_the_user_found_by_a_worker_is_the_same_line_here(executor: Executor, numbers):
    done = executor.run(tasks.refuse_two, numbers, list("0123"))
    with pytest.raises(PaperatlasError, match=r"2\.toml: no such file"):
        list(done)


def test_workers_are_processes_of_their_own_with_one_core_each(remote: Executor, numbers):
    list(remote.run(tasks.note_worker, numbers, list("01234")))
    said = [one.split() for one in results(numbers)]
    assert {cores for _, cores in said} == {"1"}
    assert len({worker for worker, _ in said}) == 2
    assert str(os.getpid()) not in {worker for worker, _ in said}


def test_ray_leaves_signals_to_the_program(ray: Executor):
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_iteration_that_is_left_early_ends_its_workers(remote: Executor, numbers):
    done = remote.run(tasks.write_square, numbers, list("01234"))
    assert next(done) == "0"
    done.close()
    assert list(remote.run(tasks.write_square, numbers, ["4"])) == ["4"], "and the executor can be used again"


# --- clusters that cannot be had: one line, at once


def test_without_an_address_nothing_is_started():
    with pytest.raises(PaperatlasError, match=r"set run\.address or RAY_ADDRESS"):
        connect(address=None, token=None, workers=None).__enter__()


@pytest.mark.parametrize("address", ["somewhere", "host:", ":6379", "host:name"])
def test_an_address_that_is_none_is_named(address):
    with pytest.raises(PaperatlasError, match="write host:port"):
        connect(address=address, token=None, workers=None).__enter__()


def test_where_nothing_listens_the_way_out_is_told():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(PaperatlasError, match=f"127.0.0.1:{port}.*no Ray cluster answers there"):
        connect(address=f"127.0.0.1:{port}", token=None, workers=None).__enter__()


def test_without_ray_the_package_to_install_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(PaperatlasError, match=r"pip install 'paperatlas\[ray\]'"):
        connect(address="local", token=None, workers=None).__enter__()


def test_a_node_without_the_package_is_told_what_to_install(ray: Executor, numbers, tmp_path, monkeypatch):
    """The class of actors stands in a module that was put where only this process looks, after the cluster started."""
    (tmp_path / "only_here.py").write_text("class TaskActor:\n    def hello(self): ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(ray_tasks, "TaskActor", importlib.import_module("only_here").TaskActor)
    with pytest.raises(PaperatlasError, match=r"has no paperatlas; run there: pip install 'paperatlas\[ray\]=="):
        list(ray.run(tasks.write_square, numbers, ["0"]))


def test_clusters_that_one_process_starts_share_a_token(monkeypatch):
    """Ray reads the token of a process once: a second one would be refused."""
    monkeypatch.delenv("RAY_AUTH_TOKEN", raising=False)
    first, second = (ray_connection._settings_of("local", None) for _ in range(2))
    assert first["RAY_AUTH_TOKEN"] == second["RAY_AUTH_TOKEN"]
    assert len(first["RAY_AUTH_TOKEN"]) >= 32
    assert "RAY_AUTH_TOKEN" not in ray_connection._settings_of("10.0.0.1:6379", None), (
        "that of its own settings is used"
    )
    assert ray_connection._settings_of("10.0.0.1:6379", "t" * 32)["RAY_AUTH_TOKEN"] == "t" * 32


def test_the_environment_is_as_it_was_after_a_refusal(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delenv("RAY_AUTH_TOKEN", raising=False)
    before = dict(os.environ)
    with pytest.raises(PaperatlasError):
        connect(address="local", token="t", workers=None).__enter__()
    assert dict(os.environ) == before


class ToyRay:
    """So much of Ray as actors need, at once and in this process; notes what each actor asks for."""

    class exceptions:
        class RayError(Exception): ...

        class RayTaskError(RayError): ...

    def __init__(self, version: str = __version__) -> None:
        self.asked: list[dict[str, object]] = []
        self.version = version

    def remote(self, actor):
        toy = self

        class Handle:
            def __init__(self, call) -> None:
                self.remote = call

        class Actor:
            hello = Handle(lambda: (toy.version,))
            do = Handle(lambda name, folder, item: (actor().do(name, folder, item),))

        class Maker:
            def remote(self):
                return Actor()

            def options(self, **options):
                toy.asked.append(options)
                return self

        return Maker()

    def wait(self, references, num_returns, timeout):
        return references[:1], references[1:]

    def get(self, reference):
        return reference[0]

    def kill(self, actor) -> None:
        pass


@pytest.mark.parametrize(("gpus", "asked"), [(0, None), (2, 1)])
def test_actors_that_embed_ask_for_a_gpu_where_the_cluster_has_any(numbers, gpus, asked):
    toy = ToyRay()
    cluster = RayCluster(toy, 1, gpus)
    assert list(cluster.run_on_gpus(tasks.write_square, numbers, list("01234"))) == list("01234")
    assert list(cluster.run(tasks.write_square, numbers, ["0"])) == ["0"]
    assert [options.get("num_gpus") for options in toy.asked] == [asked, None]


def test_a_node_with_another_version_of_the_package_is_refused(numbers):
    done = RayCluster(ToyRay("0.0.1"), 1, 0).run(tasks.write_square, numbers, ["0"])
    with pytest.raises(PaperatlasError, match=r"a node of the Ray cluster has paperatlas 0\.0\.1, this machine"):
        list(done)

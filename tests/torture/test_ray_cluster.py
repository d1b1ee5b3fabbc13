"""Three nodes, whole runs of 40,000 papers; workers, a node or the driver lost: the same bytes as on one machine."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

from tests.conftest import REPOSITORY
from tests.torture.ray_driver import PAPERS, RUN, WORKING
from tests.torture.ray_nodes import Cluster, cluster, why_not

pytestmark = pytest.mark.torture
LOG = "driver.log"
DRIVER = [sys.executable, "-m", "tests.torture.ray_driver"]


@pytest.fixture(scope="module", autouse=True)
def _can_be_had():
    if reason := why_not():
        pytest.skip(reason)


@pytest.fixture
def sockets():
    """A folder with a short name: paths of sockets are limited to about a hundred characters."""
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "t"


@pytest.fixture(scope="module")
def local(tmp_path_factory) -> str:
    """The sha256 that this machine alone gives."""
    folder = tmp_path_factory.mktemp("local")
    return subprocess.run(
        [*DRIVER, str(folder), "local"], cwd=REPOSITORY, check=True, capture_output=True, text=True
    ).stdout.split()[-1]


def finished(folder: Path, stage: str = "*") -> int:
    """Shards that are done and recorded, of a stage or of all."""
    return len(list((folder / WORKING).glob(f"{stage}-*.sha256")))


def has_begun(folder: Path, stage: str) -> bool:
    return any((folder / WORKING).glob(f"{stage}-*.task"))


def fits_are_made(folder: Path) -> bool:
    """Between neighbours and words: the folder of fits is there."""
    return any(path.is_dir() for path in (folder / WORKING).glob("paperatlas-*"))


def wait_for(condition, driver: subprocess.Popen, seconds: float = 1_200) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if driver.poll() is not None:
            raise AssertionError(f"the run was over before, with status {driver.returncode}")
        assert time.monotonic() < deadline, "nothing goes on"
        time.sleep(0.05)


def drive(nodes: Cluster, folder: Path) -> subprocess.Popen:
    with (folder / LOG).open("a") as log:  # a pipe that nobody reads would hold it up when it is full
        return nodes.start([*DRIVER, str(folder), "ray", nodes.address], cwd=REPOSITORY, stdout=log, stderr=log)


def result_of(driver: subprocess.Popen, folder: Path) -> str:
    status = driver.wait(timeout=2_400)
    told = (folder / LOG).read_text()
    assert status == 0, told
    return told.split()[-1]


def whole(folder: Path) -> bool:
    """Every paper is there once, and nothing that was worked with."""
    ids = pq.read_table(folder / RUN / "papers.parquet", columns=["id"]).column("id").to_pylist()
    assert not (folder / WORKING).exists()
    return sorted(ids) == sorted(f"p{paper}" for paper in range(PAPERS))


def test_workers_killed_at_five_moments(tmp_path, sockets, local):
    moments = (
        lambda: finished(tmp_path, "stretch") >= 3,
        lambda: has_begun(tmp_path, "neighbours"),
        lambda: finished(tmp_path, "neighbours") >= 20,
        lambda: fits_are_made(tmp_path),
        lambda: has_begun(tmp_path, "words"),
    )
    with cluster(sockets) as nodes:
        driver = drive(nodes, tmp_path)
        for moment in moments:
            wait_for(moment, driver)
            killed: list[psutil.Process] = []
            wait_for(lambda killed=killed: killed.extend(nodes.workers()[:1]) or killed, driver)
            killed[0].kill()
        assert result_of(driver, tmp_path) == local
    assert whole(tmp_path)


PATIENT = {"RAY_health_check_failure_threshold": "30", "RAY_health_check_timeout_ms": "60000"}
HASTY = {
    "RAY_health_check_failure_threshold": "3",
    "RAY_health_check_timeout_ms": "1000",
    "RAY_health_check_period_ms": "1000",
}


@pytest.mark.parametrize(("settings", "alive"), [(PATIENT, 3), (HASTY, 2)], ids=["returns", "is lost"])
def test_a_node_cut_off_for_thirty_seconds(tmp_path, sockets, local, settings, alive):
    """With Ray's own health check it may come out either way: with these two it is back in time, or lost."""
    with cluster(sockets, **settings) as nodes:
        driver = drive(nodes, tmp_path)
        wait_for(lambda: finished(tmp_path) >= 3, driver)
        nodes.cut_off(2, 30)
        assert result_of(driver, tmp_path) == local
        assert nodes.alive() == alive
    assert whole(tmp_path)


def test_the_driver_killed_five_times_and_resumed(tmp_path, sockets, local):
    with cluster(sockets) as nodes:
        before = 0
        for stage in ("reading", "neighbours", "neighbours", "neighbours", "words"):
            driver = drive(nodes, tmp_path)
            wait_for(
                lambda before=before, stage=stage: has_begun(tmp_path, stage) and finished(tmp_path) >= before + 2,
                driver,
            )
            driver.kill()
            driver.wait()
            assert finished(tmp_path) > before, "a resumed run makes progress"
            before = finished(tmp_path)
        assert result_of(drive(nodes, tmp_path), tmp_path) == local
    assert whole(tmp_path)


def test_a_node_of_another_address_and_a_wrong_token_are_one_line(tmp_path, sockets):
    with cluster(sockets) as nodes:
        code = (
            "from pipeline.workers.ray_connection import connect\n"
            f"connect(address={nodes.address!r}, token='not-the-token-of-it', workers=1).__enter__()"
        )
        driver = nodes.start([sys.executable, "-c", code], cwd=REPOSITORY, stderr=subprocess.PIPE)
        assert "the Ray cluster refuses the token" in driver.communicate(timeout=60)[1].splitlines()[-1]

"""Shards in a bucket: a local S3 server, the same neighbours, and what goes wrong in one line."""

import logging
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import boto3
import numpy as np
import pytest
from moto.server import ThreadedMotoServer

from pipeline.errors import RunFolderError
from pipeline.neighbours import find_in_shards, find_neighbours
from pipeline.workers import in_process, open_executor
from pipeline.workers.executors import ExecutorOptions
from pipeline.workers.shard_store import FolderStore, open_store, own_names
from pipeline.workers.shards import Shards
from tests.test_shards import assert_same, unit_rows


def use(monkeypatch, endpoint: str) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def service():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(service, monkeypatch, request):
    """An address in a bucket of its own, and the client that sees all objects of it."""
    use(monkeypatch, service)
    name = f"shards-{abs(hash(request.node.name))}"
    client = boto3.client("s3")
    client.create_bucket(Bucket=name)
    yield f"s3://{name}/run", client
    client.close()


VECTORS = unit_rows(120)


@pytest.mark.parametrize("kind", ["local", "processes"])
def test_neighbours_found_through_a_bucket_are_the_same_bytes(bucket, kind):
    address, _ = bucket
    with open_executor(kind, ExecutorOptions(workers=2)) as executor:
        found = find_in_shards(VECTORS, k=5, shards=Shards(open_store(address), executor, 50))
    assert_same(found, find_neighbours(VECTORS, k=5))


def test_a_damaged_object_is_made_again_and_others_are_left_alone(bucket, caplog):
    address, client = bucket
    name = address.split("/")[2]
    client.put_object(Bucket=name, Key="run/notes.txt", Body=b"mine")
    store = open_store(address)

    def find():
        return find_in_shards(VECTORS, k=5, shards=Shards(store, in_process(), 50))

    find()
    shard = next(one for one in own_names(store) if one.startswith("neighbours") and one.endswith(".npz"))
    content = bytearray(store.read(shard))
    content[100] ^= 1
    store.write(shard, bytes(content))
    assert_same(find(), find_neighbours(VECTORS, k=5))
    assert [record.message for record in caplog.records if "made again" in record.message] == [
        f"{address}/{shard}: missing or damaged; it is made again"
    ]
    for one in own_names(store):
        store.remove(one)
    assert [one["Key"] for one in client.list_objects_v2(Bucket=name)["Contents"]] == ["run/notes.txt"]


def test_a_bucket_that_is_not_there_is_named(service, monkeypatch):
    use(monkeypatch, service)
    with pytest.raises(RunFolderError, match="s3://nobodys/run: no such bucket"):
        open_store("s3://nobodys/run").write("a", b"b")


class Refusing(BaseHTTPRequestHandler):
    """A service that gives nobody any right."""

    def refuse(self) -> None:
        body = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.close_connection = True  # what it was sent stays unread

    do_GET = do_PUT = do_HEAD = do_DELETE = refuse

    def log_message(self, *_) -> None:
        pass


def test_a_bucket_without_rights_is_one_line_with_the_way_out(monkeypatch):
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        Thread(target=server.serve_forever).start()
        use(monkeypatch, f"http://127.0.0.1:{server.server_port}")
        for action in (
            lambda store: store.write("a", b"b"),
            lambda store: store.read("a"),
            lambda store: store.names(),
        ):
            with pytest.raises(RunFolderError, match=r"s3://theirs/run: the bucket of shards cannot be used: .*rights"):
                action(open_store("s3://theirs/run"))
        server.shutdown()


def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(RunFolderError, match=r"gcsfs.*paperatlas\[s3\]"):
        open_store("gs://bucket/without-library")
    with pytest.raises(RunFolderError, match="nonsense"):
        open_store("nonsense://bucket/run")


def test_a_file_address_is_a_folder(tmp_path):
    store = open_store(f"file://{tmp_path}/a%20b")
    assert isinstance(store, FolderStore)
    store.write("one", b"1")
    assert (tmp_path / "a b" / "one").read_bytes() == b"1"
    assert np.array_equal(list(store.names()), ["one"])

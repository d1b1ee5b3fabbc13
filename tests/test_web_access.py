"""Who may read the answers of the web app: host names, origins of other sites, tokens, limits."""

import asyncio
import threading

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from pipeline.web.app import create_app
from pipeline.web.middleware import Limits, with_access_checks
from tests.planted import planted_papers, run_once

SITE, OTHER_SITE = "http://localhost:3000", "https://evil.example"
TOKEN = "a-token-of-many-letters"
AUTHORIZED = {"authorization": f"Bearer {TOKEN}"}
ALLOWED = "access-control-allow-origin"


def client_of(limits, *, origins=(SITE,), app=None):
    async def answering(scope, receive, send):
        while (await receive()).get("more_body"):
            pass
        await PlainTextResponse("an answer")(scope, receive, send)

    return TestClient(with_access_checks(app or answering, limits, origins=origins), base_url="http://localhost")


def preflight(client, *, origin=SITE, host="localhost", method="POST", headers="authorization, content-type"):
    asked = {"access-control-request-method": method, "access-control-request-headers": headers}
    return client.options("/api/v1/similar", headers={"origin": origin, "host": host} | asked)


@pytest.mark.parametrize("token", [None, TOKEN])
def test_a_preflight_needs_no_token_and_may_announce_one(token):
    answer = preflight(client_of(Limits(token=token)))
    assert answer.status_code == 200
    assert answer.headers[ALLOWED] == SITE
    assert {"authorization", "content-type"} <= set(answer.headers["access-control-allow-headers"].lower().split(", "))
    assert set(answer.headers["access-control-allow-methods"].split(", ")) == {"GET", "POST"}


@pytest.mark.parametrize("token", [None, TOKEN])
def test_a_preflight_is_refused_for_other_sites_methods_headers_and_hosts(token):
    client = client_of(Limits(token=token))
    other = preflight(client, origin=OTHER_SITE)
    assert other.status_code == 400
    assert ALLOWED not in other.headers
    assert preflight(client, method="DELETE").status_code == 400
    assert preflight(client, headers="x-anything").status_code == 400
    assert preflight(client, host="evil.example").status_code == 421


def test_where_no_site_is_named_a_preflight_is_no_exception():
    answer = preflight(client_of(Limits(token=TOKEN), origins=()))
    assert answer.status_code == 401
    assert ALLOWED not in answer.headers
    assert ALLOWED not in preflight(client_of(Limits(), origins=())).headers


def busy(origin):
    """The refusal of one request while another is being answered."""
    entered, leave = threading.Event(), threading.Event()

    async def slow(scope, receive, send):
        entered.set()
        while not leave.is_set():
            await asyncio.sleep(0.01)
        await PlainTextResponse("an answer")(scope, receive, send)

    client = client_of(Limits(max_concurrent=1), app=slow)
    first = threading.Thread(target=client.get, args=("/slow",))
    first.start()
    try:
        assert entered.wait(timeout=30)
        return client.get("/", headers={"origin": origin})
    finally:
        leave.set()
        first.join()


def too_large_in_parts(origin):
    parts = (b" " * 60 for _ in range(3))
    return client_of(Limits(max_bytes=100)).post("/", content=parts, headers={"origin": origin})


REFUSALS = {
    401: lambda origin: client_of(Limits(token=TOKEN)).get("/", headers={"origin": origin}),
    421: lambda origin: client_of(Limits()).get("/", headers={"origin": origin, "host": "evil.example"}),
    413: lambda origin: client_of(Limits(max_bytes=100)).post("/", content=b" " * 101, headers={"origin": origin}),
    "413 in parts": too_large_in_parts,
    503: busy,
}


@pytest.mark.parametrize("status", REFUSALS)
def test_a_named_site_may_read_why_it_was_refused_and_no_other(status):
    for origin in (SITE, OTHER_SITE):
        refused = REFUSALS[status](origin)
        assert refused.status_code == int(str(status)[:3])
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.headers.get(ALLOWED) == (SITE if origin == SITE else None)
        assert "origin" in refused.headers.get("vary", "").lower() or ALLOWED not in refused.headers


def test_answers_carry_the_origin_of_a_named_site_alone():
    client = client_of(Limits(token=TOKEN))
    assert client.get("/", headers={"origin": SITE} | AUTHORIZED).headers[ALLOWED] == SITE
    assert ALLOWED not in client.get("/", headers={"origin": OTHER_SITE} | AUTHORIZED).headers
    assert ALLOWED not in client.get("/", headers=AUTHORIZED).headers


def test_the_whole_app_answers_another_site_s_page(tmp_path):
    """As a browser would: the preflight, then the request with the token; errors can be read as well."""
    atlas = run_once(tmp_path, planted_papers(["glaciers", "bees"], 12))
    app = create_app(atlas, limits=Limits(token=TOKEN), origins=[SITE])
    with TestClient(app, base_url="http://localhost") as client:
        assert preflight(client).status_code == 200
        page = {"origin": SITE}
        answer = client.post("/api/v1/similar", json={"id": "bees-1", "k": 3}, headers=page | AUTHORIZED)
        assert (answer.status_code, answer.headers[ALLOWED]) == (200, SITE)
        assert len(answer.json()["results"]) == 3
        for path, status in (("/api/v1/similar?id=nobody", 404), ("/api/v1/similar", 422), ("/nowhere", 404)):
            mistake = client.get(path, headers=page | AUTHORIZED)
            assert (mistake.status_code, mistake.headers[ALLOWED]) == (status, SITE)
        assert client.post("/api/v1/similar", json={"id": "bees-1"}, headers=page).status_code == 401

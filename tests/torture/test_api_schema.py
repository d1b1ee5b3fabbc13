"""Requests that schemathesis makes of the API's own description: no 500, and answers as the description says.

Half of them fit the description, half of them do not. schemathesis is no dependency of the tests: without it they are
skipped (`pip install schemathesis`).
"""

from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from starlette.testclient import TestClient

from pipeline.web.app import create_app
from tests.planted import planted_papers, run_once

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")

REQUESTS = 10_000


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    return create_app(run_once(tmp_path_factory.mktemp("schema"), planted_papers(["glaciers", "bees"], 20)))


@pytest.mark.torture
@pytest.mark.filterwarnings("ignore")  # what schemathesis and its libraries warn of is not ours
def test_ten_thousand_requests_of_the_schema(app, capsys):
    from schemathesis.python import asgi
    from schemathesis.specs.openapi import checks

    promised = [checks.status_code_conformance, checks.content_type_conformance, checks.response_schema_conformance]
    with TestClient(app, base_url="http://localhost") as client:
        schema = schemathesis.openapi.from_dict(client.get("/api/v1/openapi.json").json())
    operations = [one.ok() for one in schema.get_all_operations()]
    statuses: Counter[str] = Counter()
    kinds = list(schemathesis.GenerationMode)
    each = REQUESTS // len(operations)  # of each kind: of some there are few, or none
    with asgi.get_client(app) as session:
        for operation in operations:
            for kind in kinds:
                try:
                    ask(operation, kind, session, statuses, promised, count=each)
                except Unsatisfiable:
                    statuses[f"no {kind} request of {operation.label}"] += 1
    with capsys.disabled():
        print(len(operations), dict(statuses))  # noqa: T201 - the count is the result
    assert sum(count for status, count in statuses.items() if status.isdigit()) >= REQUESTS
    assert not [status for status in statuses if status.startswith("5")]


def ask(operation, kind, session, statuses, promised, *, count):
    """So many requests of one operation. An answer that does not fit the description is raised."""

    @settings(
        max_examples=count, deadline=None, database=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=kind))
    def one(case):
        answer = case.call(base_url="http://localhost", session=session)
        statuses[str(answer.status_code)] += 1
        assert answer.status_code < 500, answer.text
        case.validate_response(answer, checks=promised)

    one()

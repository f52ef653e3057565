"""No web page calls what belongs to the cloud's own parts."""

from collections.abc import Iterable

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from werkzeug.test import Client

from infrastructure.local.other_sites import NoPages, without_pages

CALLS = [
    ({}, 200),
    ({"sec-fetch-site": "none"}, 200),  # typed by a person
    ({"origin": "https://evil.example", "content-type": "text/plain"}, 403),
    ({"origin": "null"}, 403),
    ({"sec-fetch-site": "cross-site"}, 403),
    ({"sec-fetch-site": "same-site"}, 403),
]


@pytest.mark.unit
@pytest.mark.parametrize(("headers", "status"), CALLS)
def test_pages_are_refused_and_programs_are_not(headers, status):
    app = NoPages(PlainTextResponse("done"))
    assert TestClient(app).post("/", content=b"{}", headers=headers).status_code == status

    def wsgi(environ: dict, start_response) -> Iterable[bytes]:
        start_response("200 OK", [])
        return [b"done"]

    assert Client(without_pages(wsgi)).post("/", headers=headers).status_code == status


def test_the_local_vertex_starts_no_job_for_a_page(vertex):
    url = f"http://127.0.0.1:{vertex.port}/v1/projects/p/locations/l/pipelineJobs"
    answer = httpx.post(url, content=b"{}", headers={"origin": "https://evil.example"})
    assert answer.status_code == 403

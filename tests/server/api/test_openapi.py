"""The OpenAPI document: valid, complete, and about this server."""

from __future__ import annotations

import httpx2
from openapi_spec_validator import validate

from server.api.serving import ApiRoute
from tests.server.api.notes import add_notes
from tests.serving import serving


async def test_the_document_is_valid_and_has_every_method_of_every_described_route() -> None:
    async with serving() as server, httpx2.AsyncClient(base_url=server.http) as client:
        add_notes(server.app)
        document = (await client.get("/api/openapi.json")).json()
        routes = [route for route in server.app.routes if getattr(route, "path", "").startswith("/api/")]
    validate(document)
    assert [route for route in routes if not isinstance(route, ApiRoute)] == []
    served = {
        (path, method.lower())
        for path, endpoints in ((route.path, route.endpoints) for route in routes)
        for method, endpoint in endpoints.items()
        if endpoint.described
    }
    written = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert served <= written


async def test_the_document_says_where_the_server_is_and_whether_it_asks_for_a_key() -> None:
    environment = {"KAIKOU_API_KEYS": "sk-one", "KAIKOU_ROOT_PATH": "/kaikou"}
    async with serving(environment) as server, httpx2.AsyncClient(base_url=server.http) as client:
        document = (await client.get("/kaikou/api/openapi.json")).json()
    assert document["servers"] == [{"url": "/kaikou"}]
    assert document["paths"]["/api/status"]["get"]["security"] == [
        {"bearer": ["status:read"]},
        {"cookie": ["status:read"]},
    ]


async def test_an_operation_says_what_it_takes_and_every_way_in_which_it_ends() -> None:
    async with serving() as server, httpx2.AsyncClient(base_url=server.http) as client:
        add_notes(server.app)
        document = (await client.get("/api/openapi.json")).json()
    edit = document["paths"]["/api/notes/{id}"]["put"]
    assert " ".join(sorted(edit["responses"])) == "200 400 401 403 404 408 412 413 415 422 429 500 503"
    assert edit["summary"] == "Another text for a note"
    assert edit["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/NewNote"}
    assert "`changed_meanwhile`" in edit["responses"]["412"]["description"]

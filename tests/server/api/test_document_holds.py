"""Schemathesis walks the OpenAPI document of a running server: no answer that is not in it, and no 500.

Its examples are drawn without chance, so that what passes here passes everywhere.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx2
import pytest

from server.settings.keeping import StorageSettings
from server.storage.database import Database
from tests.server.accounts.people import browser, details, serving_on
from tests.server.history.kept import answered, keep, keeping, said
from tests.serving import serving

EXAMPLES = 4
"""Random requests for each operation."""

LONGEST_S = 240

REFUSALS = """
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "408", "409", "412", "413", "415", "422", "429"]

[phases.coverage]
unexpected-methods = []
"""
"""What may be said to a request that is not as the document wants it; wrong methods are walked in another file."""

KEY = "sk-one"

UNLIMITED = {f"rate_{name}": 0 for name in ("reads", "writes", "costly", "address")}

DELETIONS = ("DELETE /api/conversations", "DELETE /api/conversations/{id}", "DELETE /api/files/{id}")

ENDLESS = ("GET /api/jobs/{id}/events",)
"""Goes on until the job ends, and here no jobs are done."""

LEFT_OUT = (*ENDLESS, "POST /api/account/logout", "POST /api/account/logout-everywhere", *DELETIONS)
"""Not walked by who is logged in and has something: after these they are not, and have not."""

pytestmark = pytest.mark.timeout(LONGEST_S + 30)


async def walk(
    address: str, token: str, folder: Path, phases: str, known: Mapping[str, str], leave_out: tuple[str, ...] = ENDLESS
) -> None:
    """Fails with all that schemathesis finds wrong. known: ids that there are, by the path that they belong to."""
    operations = [
        f'[[operations]]\ninclude-path = {json.dumps(path)}\ninclude-method = ["GET", "PATCH", "POST"]\n'
        f'parameters = {{ "path.id" = {json.dumps(id)} }}\n'
        for path, id in known.items()
    ]
    (folder / "schemathesis.toml").write_text("\n".join([REFUSALS, *operations]), "utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{address}/api/openapi.json"),
        *("--url", address, "--header", f"Authorization: Bearer {token}"),
        *("--phases", phases, "--max-examples", str(EXAMPLES), "--generation-deterministic"),
        # What fits the schema may be refused all the same: that a text is no e-mail address, say, is in no schema.
        *("--checks", "all", "--exclude-checks", "positive_data_acceptance", "--no-color", "--request-timeout", "20"),
        *(argument for name in leave_out for argument in ("--exclude-name", name)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=folder,  # where it looks for its settings, and keeps what failed
    )
    try:
        async with asyncio.timeout(LONGEST_S):
            told, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        raise
    if process.returncode:
        pytest.fail(told.decode(), pytrace=False)  # a comparison of texts would cut it short


async def test_every_answer_to_who_has_a_key_and_nothing_else_is_in_the_document(tmp_path: Path) -> None:
    async with serving({"KAIKOU_API_KEYS": KEY}, **UNLIMITED) as server:
        await walk(server.http, KEY, tmp_path, "fuzzing", {})


async def things_of(client: httpx2.AsyncClient, database: Database) -> dict[str, str]:
    """Something of each kind that somebody can have: its id, by the path that it belongs to."""
    person = (await client.get("/api/account")).json()["data"]["account"]["id"]
    async with keeping(database) as keeper:
        conversation = await keep(keeper, said("Good morning."), answered("Is it?"), person=person)
    uploaded = await client.post("/api/files/upload", files={"file": ("notes.txt", b"milk, bread")})
    file = uploaded.json()["data"]["files"][0]["id"]
    one, another = "/api/conversations/{id}", "/api/files/{id}"
    return {
        **dict.fromkeys((one, f"{one}/lines", f"{one}/restore"), conversation),
        **dict.fromkeys((another, f"{another}/content"), file),
    }


@pytest.mark.parametrize("storage", ["postgresql"], indirect=True)
async def test_every_answer_to_who_is_logged_in_and_has_something_is_in_the_document(
    storage: StorageSettings, tmp_path: Path
) -> None:
    async with serving_on(storage, **UNLIMITED) as server, browser(server) as client:
        code = await server.app.state.services.accounts.owner_code()
        entered = await client.post("/api/account/register", json=details("ann@example.com", code=code, tokens=True))
        token = entered.json()["data"]["tokens"]["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        known = await things_of(client, server.app.state.services.database)
        await walk(server.http, token, tmp_path, "examples,coverage", known, LEFT_OUT)
        assert (await client.get("/api/account")).json()["data"]["account"], "the walk was not logged in to its end"

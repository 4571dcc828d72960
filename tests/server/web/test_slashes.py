"""Addresses with a slash too many, over real HTTP."""

from __future__ import annotations

import httpx2
import pytest

from tests.serving import serving


@pytest.mark.parametrize("root", ["", "/a/b"])
async def test_a_slash_at_the_end_is_answered_at_once_for_a_redirect_would_name_our_scheme_and_host(root: str) -> None:
    environment = {"KAIKOU_ROOT_PATH": root} if root else {}
    async with serving(environment) as server, httpx2.AsyncClient(base_url=server.http) as client:
        answers = [
            await client.get(f"{root}{path}") for path in ("/v1/models/", "/health/", "/api/characters/", "/static")
        ]
        posted = await client.post(f"{root}/api/place/")

    assert [answer.status_code for answer in (*answers, posted)] == [200, 200, 200, 404, 200]

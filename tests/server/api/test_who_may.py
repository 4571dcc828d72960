"""Which routes are for whom: by role, and by what a key was made for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.api.endpoint import Call, Endpoint
from server.api.serving import check_may
from server.errors import Forbidden
from server.identity.principal import OWNER, Principal, Role


async def nothing(call: Call) -> None:
    """Nothing."""


READING = Endpoint("GET", "/api/files/{id}", nothing)
WRITING = Endpoint("DELETE", "/api/files/{id}", nothing)
FOR_OPERATORS = Endpoint("GET", "/api/people", nothing, role="operator")


def may(endpoint: Endpoint, principal: Principal) -> bool:
    try:
        check_may(endpoint, principal)
    except Forbidden:
        return False
    return True


@pytest.mark.parametrize(
    ("role", "allowed"), [("guest", False), ("member", False), ("operator", True), ("owner", True)]
)
def test_a_route_is_for_its_role_and_those_above(role: Role, allowed: bool) -> None:
    assert may(FOR_OPERATORS, replace(OWNER, role=role)) is allowed


def test_a_key_does_what_it_was_made_for_and_a_person_everything() -> None:
    reader = replace(OWNER, kind="api_key", scopes=frozenset({"files:read"}))
    assert [may(READING, reader), may(WRITING, reader)] == [True, False]
    assert [may(READING, OWNER), may(WRITING, OWNER)] == [True, True]

from __future__ import annotations

import pytest
from pydantic import BaseModel

from server.accounts.routes.bodies import AuditEntry
from server.accounts.routes.passkeys import PasskeyShown
from server.accounts.routes.sign_on import LinkedIdentity
from server.history.answers import Deleted

AT_MS = 1_796_070_500_120


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        (Deleted(undo_until=AT_MS, deleted=1), "undo_until"),
        (AuditEntry(number=1, at=AT_MS, person_id="ann", action="logged_in", address="", details={}), "at"),
        (PasskeyShown(id="passkey_1", name="Phone", created_at=AT_MS, used_at=None), "created_at"),
        (LinkedIdentity(issuer="https://login.example.org", email="", linked_at=AT_MS), "linked_at"),
    ],
)
def test_every_domain_tells_times_in_utc_and_to_the_millisecond(answer: BaseModel, field: str) -> None:
    assert answer.model_dump(mode="json")[field] == "2026-11-30T20:28:20.120Z"

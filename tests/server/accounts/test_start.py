"""What the server says of accounts when it starts."""

from __future__ import annotations

import pytest

from pipeline.errors import SettingError
from server.accounts.start import check_accounts, told_at_start
from server.settings import load_settings
from tests.serving import serving


@pytest.mark.parametrize(
    ("settings", "refused"),
    [
        ({}, True),
        ({"accounts": "optional"}, True),
        ({"accounts": "off"}, False),
        ({"host": "127.0.0.1"}, False),
        ({"host": "localhost"}, False),
        ({"ssl_certfile": "cert.pem"}, False),
        ({"trusted_proxies": "10.0.0.1"}, False),
        ({"accounts_over_http": True}, False),
    ],
)
def test_passwords_over_http_at_an_address_that_others_reach_are_refused(
    settings: dict[str, object], refused: bool
) -> None:
    loaded = load_settings({"accounts": "required", "host": "0.0.0.0", **settings}, {})
    try:
        check_accounts(loaded)
        found = ""
    except SettingError as error:
        found = error.message

    assert found.startswith("accounts (KAIKOU_ACCOUNTS)") is refused


async def test_the_start_message_has_the_owners_code_until_the_owner_is_there() -> None:
    async with serving(accounts="required") as server:
        accounts = server.app.state.services.accounts
        code = await accounts.owner_code()
        told = list(await told_at_start(accounts))
    async with serving() as server:
        without = list(await told_at_start(server.app.state.services.accounts))

    assert told[0] == "accounts       everybody logs in"
    assert told[1].startswith(f"owner's code   {code}: register with it")
    assert without == []

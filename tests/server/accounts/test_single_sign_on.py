"""Single sign-on against a real provider on this machine, good and bad."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
import pytest_asyncio
from pydantic import SecretStr, ValidationError

from server.accounts.proofs.single_sign_on import Begun, SignedOn, SignOnFailed, SignOnRefused, SingleSignOn
from server.settings.sign_on import SignOnSettings
from tests.server.accounts.oidc_provider import CLIENT, Provider, a_provider

HERE = "http://127.0.0.1:7210/api/account/sign-on/callback"


@pytest_asyncio.fixture
async def provider() -> AsyncIterator[Provider]:
    async with a_provider() as running:
        yield running


def single_sign_on(provider: Provider, secret: str | None = "s3cret") -> SingleSignOn:
    settings = SignOnSettings(
        issuer=provider.url, client_id=CLIENT, client_secret=SecretStr(secret) if secret else None, name="Example"
    )
    return SingleSignOn(settings)


async def there_and_back(sign_on: SingleSignOn) -> tuple[Begun, dict[str, str]]:
    """What a browser does: it goes where it is sent, and comes back."""
    url, begun = await sign_on.begin(HERE)
    async with httpx2.AsyncClient() as browser:
        back = (await browser.get(url)).headers["location"]
    assert back.startswith(HERE)
    return begun, dict(parse_qsl(urlsplit(back).query))


@pytest.mark.parametrize("secret", ["s3cret", None])
async def test_who_comes_back_is_known_by_issuer_and_subject(provider: Provider, secret: str | None) -> None:
    sign_on = single_sign_on(provider, secret)
    provider.claims = {"name": "Ann"}

    assert await sign_on.finish(*await there_and_back(sign_on)) == SignedOn(
        provider.url, "7", "Ann@example.org", email_verified=True, name="Ann"
    )


@pytest.mark.parametrize("told", [False, None, "true", 1])
async def test_an_address_counts_as_verified_only_if_the_provider_says_just_that(provider: Provider, told: Any) -> None:
    sign_on = single_sign_on(provider)
    provider.claims = {"email_verified": told}

    assert not (await sign_on.finish(*await there_and_back(sign_on))).email_verified


async def test_a_code_is_good_once_and_only_with_what_began_it(provider: Provider) -> None:
    sign_on = single_sign_on(provider)
    begun, answer = await there_and_back(sign_on)
    stolen = replace(begun, code_verifier="x" * 48)

    with pytest.raises(SignOnFailed):
        await sign_on.finish(stolen, answer)
    with pytest.raises(SignOnFailed):
        await sign_on.finish(begun, answer)


@pytest.mark.parametrize(
    "change", [{"state": "other"}, {"state": ""}, {"code": ""}, {"code": "x" * 3_000}, {"iss": "https://evil.example"}]
)
async def test_an_answer_that_was_tampered_with_never_reaches_the_provider(
    provider: Provider, change: dict[str, str]
) -> None:
    sign_on = single_sign_on(provider)
    begun, answer = await there_and_back(sign_on)

    with pytest.raises(SignOnFailed):
        await sign_on.finish(begun, answer | change)
    assert provider.exchanges == 0


async def test_who_is_refused_there_is_told_so(provider: Provider) -> None:
    sign_on = single_sign_on(provider)
    provider.refuses = "access_denied"

    with pytest.raises(SignOnRefused, match="Example did not log you in: access_denied"):
        await sign_on.finish(*await there_and_back(sign_on))


@pytest.mark.parametrize(
    "wrong",
    [
        {"signs_with": "none"},
        {"foreign_key": True},
        {"claims": {"aud": "another"}},
        {"claims": {"nonce": "another"}},
        {"claims": {"iss": "https://evil.example"}},
        {"claims": {"exp": 1}},
        {"claims": {"sub": ""}},
        {"metadata": {"issuer": "https://evil.example"}},
    ],
    ids=str,
)
async def test_a_token_that_proves_nothing_logs_nobody_in(provider: Provider, wrong: dict[str, Any]) -> None:
    sign_on = single_sign_on(provider)
    for name, value in wrong.items():
        setattr(provider, name, value)

    async def log_in() -> None:
        await sign_on.finish(*await there_and_back(sign_on))

    with pytest.raises(SignOnFailed) as failed:
        await log_in()
    assert "s3cret" not in failed.value.message


async def test_a_provider_that_is_away_is_told_and_asked_again_later(provider: Provider) -> None:
    away = SingleSignOn(SignOnSettings(issuer="http://127.0.0.1:9", client_id=CLIENT, name="Example"))
    with pytest.raises(SignOnFailed, match="try again later"):
        await away.begin(HERE)


@pytest.mark.parametrize("issuer", ["http://login.example.org", "login.example.org", "javascript:alert(1)"])
def test_an_issuer_without_https_is_refused(issuer: str) -> None:
    with pytest.raises(ValidationError):
        SignOnSettings(issuer=issuer)

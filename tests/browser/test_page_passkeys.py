"""Passkeys on the page, on the real server, with Chromium's virtual authenticator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
pytest.importorskip("webauthn", reason="webauthn is not installed")
from playwright.sync_api import expect

from tests.browser.states import CHROMIUM
from tests.browser.test_page_account import PASSWORD, choose, register, visit
from tests.browser.threads import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_passkey_is_made_and_logs_in_without_a_password(browser: Browser) -> None:
    with served(accounts="required") as server, visit(browser) as page:
        device = page.context.new_cdp_session(page)
        device.send("WebAuthn.enable")
        device.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        page.goto(f"{server.http.replace('127.0.0.1', 'localhost')}/#/account/register")
        register(page, "ann@example.org", "Ann")
        page.click("text=Ways to log in")
        page.fill("#new-passkey-name", "My phone")
        page.fill("#new-passkey-password", PASSWORD)
        page.click("#new-passkey .primary")
        expect(page.locator("#passkeys .name")).to_have_text("My phone")
        page.click(".back")
        page.click("#logout")
        choose(page, "login")
        page.click("#by-passkey")
        expect(page.locator("main h1")).to_have_text("Ann")
        page.click("text=Ways to log in")
        page.click("[aria-label='Remove My phone']")
        page.click(".asked .primary")
        expect(page.locator("#passkeys")).to_contain_text("No passkeys yet")

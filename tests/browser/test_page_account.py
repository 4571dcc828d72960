"""Accounts on the page, on the real server: people come in, go on where they were, and see nothing of each other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, Route, expect

from tests.browser.people import PASSWORD, visit
from tests.browser.states import CHROMIUM, wait_for
from tests.browser.threads import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


@pytest.fixture(scope="module")
def required() -> Iterator[str]:
    with served(accounts="required") as server:
        yield server.http


def choose(page: Page, way: str) -> None:
    """Where the owner is missing, the form to register comes first."""
    page.wait_for_selector(".enter form")
    if page.locator(f"#{way}").count() == 0:
        page.click(f"#way-{way}")


def register(page: Page, email: str, name: str) -> None:
    choose(page, "register")
    page.fill("#register-name", name)
    page.fill("#register-email", email)
    page.fill("#register-password", PASSWORD)
    page.click("#register button")


def log_in(page: Page, email: str, password: str = PASSWORD) -> None:
    choose(page, "login")
    page.fill("#login-email", email)
    page.fill("#login-password", password)
    page.press("#login-password", "Enter")


def test_who_comes_to_a_server_with_accounts_registers_and_talks(browser: Browser, required: str) -> None:
    with visit(browser) as page:
        page.goto(required)
        expect(page.locator("main")).to_contain_text("asks who you are")
        register(page, "ann@example.org", "Ann")
        page.click("#talk")
        wait_for(page, "resting")


def test_a_log_in_leads_to_where_one_wanted_to_go_and_back_out_again(browser: Browser, required: str) -> None:
    with visit(browser) as page:
        page.goto(f"{required}/#/account")
        register(page, "ben@example.org", "Ben")
        expect(page.locator("main h1")).to_have_text("Ben")
        page.click("#logout")
        expect(page.locator(".enter form")).to_be_visible()
        page.goto(f"{required}/#/settings")
        page.reload()
        expect(page.locator("main")).to_contain_text("asks who you are")
        log_in(page, "ben@example.org", "something else")
        expect(page.locator("#login [role=alert]")).to_have_text("E-mail address or password is wrong.")
        log_in(page, "ben@example.org")
        expect(page.locator("main h1")).to_have_text("Settings")
        assert page.url.endswith("#/settings")


def test_what_is_wrong_with_a_field_is_said_beside_it(browser: Browser, required: str) -> None:
    with visit(browser) as page:
        page.goto(f"{required}/#/account/register")
        page.fill("#register-name", "Cem")
        page.fill("#register-email", "nowhere")
        page.fill("#register-password", PASSWORD)
        page.click("#register button")
        expect(page.locator("#register-email-problem")).to_have_text("This is no e-mail address.")
        expect(page.locator("#register-email")).to_be_focused()
        page.fill("#register-email", "cem@example.org")
        page.fill("#register-password", "short")
        page.press("#register-password", "Enter")
        expect(page.locator("#register-password-problem")).to_have_text("That is too short.")
        page.fill("#register-password", "")
        page.press("#register-password", "Enter")
        expect(page.locator("#register-password-problem")).to_have_text("This is needed.")


def test_password_managers_know_the_fields(browser: Browser, required: str) -> None:
    fields = "(form) => [...document.querySelectorAll(`#${form} input`)].map((field) => field.autocomplete)"
    with visit(browser) as page:
        page.goto(f"{required}/#/account/login")
        page.wait_for_selector("#login")
        assert page.evaluate(fields, "login") == ["username", "current-password"]
        page.click("#way-register")
        assert page.evaluate(fields, "register")[:3] == ["name", "username", "new-password"]


def test_a_guest_talks_at_once_and_may_make_an_account_later(browser: Browser) -> None:
    with served(accounts="optional") as server, visit(browser) as page:
        page.goto(server.http)
        page.click("#talk")
        wait_for(page, "resting")
        page.click("#end")
        page.click("#account-open")
        expect(page.locator("main")).to_contain_text("You are here as a guest")
        register(page, "dot@example.org", "Dot")
        expect(page.locator("main h1")).to_have_text("Dot")


def test_a_machine_of_ones_own_says_that_it_needs_no_account(browser: Browser) -> None:
    with served() as server, visit(browser) as page:
        page.goto(f"{server.http}/#/account")
        expect(page.locator(".panel")).to_contain_text(re.compile("No account is needed here"))


# --- What one has of one's account ------------------------------------------------------------------------------------


@pytest.fixture
def ann(browser: Browser, required: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Somebody who is logged in, at their account."""
    with visit(browser) as page:
        page.goto(f"{required}/#/account/register")
        register(page, f"{request.node.name[5:35]}@example.org".lower(), "Ann")
        page.wait_for_selector("#logout")
        yield page


def test_a_key_for_a_program_is_shown_once_and_works_until_it_is_let_go(ann: Page, required: str) -> None:
    ann.click("text=Keys for programs")
    ann.fill("#new-key-name", "My script")
    ann.check("[value='conversations:read']")
    ann.click("#new-key .primary")
    key = ann.locator("#new-key ~ * code, [role=status] code").first.text_content()
    bearer = {"Authorization": f"Bearer {key}", "Cookie": ""}
    assert ann.request.get(f"{required}/api/conversations", headers=bearer).ok
    ann.reload()
    expect(ann.locator("[data-key] .name")).to_have_text("My script")
    expect(ann.locator("code")).to_have_count(0)
    ann.click("[aria-label='Let go of My script']")
    ann.click(".asked .primary")
    expect(ann.locator("[data-key]")).to_have_count(0)
    assert ann.request.get(f"{required}/api/conversations", headers=bearer).status == 401


def test_a_password_is_changed_and_what_happened_is_told(ann: Page) -> None:
    ann.click("#account-password summary")
    ann.fill("#password-current", "something else")
    ann.fill("#password-new", "another correct horse")
    ann.click("#password .primary")
    expect(ann.locator("#password [role=alert]").last).to_have_text("The password is wrong.")
    ann.fill("#password-current", PASSWORD)
    ann.click("#password .primary")
    expect(ann.locator("#account-password [role=status]")).to_contain_text("The new password holds")
    ann.click("text=What happened")
    expect(ann.locator("#log [data-action=password_changed]")).to_be_visible()


def test_a_forgotten_password_is_set_by_the_answers_to_ones_questions(browser: Browser) -> None:
    with served(accounts="required", security_questions=True) as server, visit(browser) as page:
        page.goto(server.http)
        register(page, "ann@example.org", "Ann")
        page.wait_for_selector("#talk")
        page.goto(f"{server.http}/#/account")
        page.click("#account-questions summary")
        page.fill("[name='answers.first_pet']", "Rex")
        page.fill("#questions-password", PASSWORD)
        page.click("#questions button")
        expect(page.locator("#questions [role=alert]")).to_have_text("Answer three of them.")
        page.fill("[name='answers.first_job']", "Baker")
        page.fill("[name='answers.grandmother']", "Rosa")
        page.click("#questions button")
        expect(page.locator("#account-questions [role=status]")).to_have_text("You are asked these from now on.")
        page.click("#logout")
        choose(page, "login")
        page.click("#way-forgot")
        page.fill("#asked-email", "ann@example.org")
        page.click("#asked button")
        for question, answer in {"first_pet": "rex", "first_job": "BAKER", "grandmother": "Rosa"}.items():
            page.fill(f"[name='answers.{question}']", answer)
        page.fill("#answers-password", "a new one, and long")
        page.click("#answers button")
        expect(page.locator(".enter [role=status]")).to_have_text("The new password holds. Log in with it.")
        page.click("#way-login")
        log_in(page, "ann@example.org", "a new one, and long")
        expect(page.locator("h1")).to_have_text("Ann")


def test_a_name_is_changed(ann: Page) -> None:
    ann.click("#account-edit summary")
    ann.fill("#profile-name", "Anna")
    ann.click("#profile .primary")
    expect(ann.locator("main h1")).to_have_text("Anna")


def test_an_account_is_deleted_only_after_its_address_was_typed(ann: Page) -> None:
    ann.click("#account-delete summary")
    ann.fill("#delete-typed", "yes")
    ann.fill("#delete-password", PASSWORD)
    ann.click("#delete .primary")
    expect(ann.locator("#delete-typed-problem")).to_have_text("That is something else.")
    typed = re.search(r"Type (\S+) to confirm", ann.locator("#delete label").first.text_content() or "")
    assert typed
    ann.fill("#delete-typed", typed[1])
    ann.click("#delete .primary")
    expect(ann.locator(".enter form")).to_be_visible()


def test_a_talk_ends_with_the_log_in_and_says_where_to_go_on(ann: Page) -> None:
    ann.click("#people-open")
    ann.click("#talk")
    wait_for(ann, "resting")
    other = ann.context.new_page()
    other.goto(ann.url.replace("#/", "#/account"))
    other.click("#logout-everywhere")
    expect(ann.locator("[data-problem=log-in]")).to_contain_text("You are logged out")
    ann.click("#log-in")
    expect(ann.locator(".enter form")).to_be_visible()


def test_two_people_see_nothing_of_each_other(browser: Browser) -> None:
    with served(accounts="required") as server, visit(browser) as ann, visit(browser) as ben:
        for page, name in ((ann, "Ann"), (ben, "Ben")):
            page.goto(f"{server.http}/#/account/register")
            register(page, f"{name.lower()}@example.org", name)
            page.wait_for_selector("#logout")
        ann.click("#people-open")
        ann.click("#talk")
        wait_for(ann, "resting")
        ann.fill("#say", "What is courage?")
        ann.press("#say", "Enter")
        wait_for(ann, "speaking")
        wait_for(ann, "resting")
        ann.click("#end")
        ann.click("#kept")
        expect(ann.locator("[data-role=user] .said")).to_have_text("What is courage?")
        ben.goto(ann.url)
        expect(ben.locator(".panel[role=alert]")).to_contain_text("not here")
        ben.click("#history-open")
        expect(ben.locator("#conversations .panel")).to_contain_text("Nothing here yet")


def test_an_operator_sees_who_there_is_and_how_much_they_have_and_suspends(page: Page, address: str) -> None:
    when = "2026-01-01T00:00:00Z"
    me = {"id": "o", "role": "operator", "name": "Op", "email": "op@example.org", "has_password": True, "version": 1}
    usage = {"conversations": 3, "files": 2, "file_bytes": 40_000}
    ben = {
        "id": "b",
        "role": "member",
        "name": "Ben",
        "email": None,
        "seen_at": None,
        "suspended": False,
        "usage": usage,
    }
    changes: list[Any] = []

    def answer(route: Route, data: Any) -> None:
        body = {"success": True, "data": data, "message": "", "error": None}
        route.fulfill(status=200, content_type="application/json", body=json.dumps(body))

    def change(route: Route) -> None:
        changes.append(route.request.post_data_json)
        answer(route, {**ben, "created_at": when, **route.request.post_data_json, "usage": {}})

    rules = {"mode": "required", "registration": "open", "password": {"least": 8}}
    page.route("**/api/account", lambda route: answer(route, {**rules, "account": {**me, "created_at": when}}))
    page.route("**/api/people?*", lambda route: answer(route, {"items": [{**ben, "created_at": when}], "next": None}))
    page.route("**/api/people/b", change)
    page.goto(f"{address}/#/account")
    page.click("text=People")
    expect(page.locator("[data-person=b]")).to_contain_text("3 conversations, 2 files, 40 kB")
    page.click("[aria-label='Suspend: Ben']")
    expect(page.locator("[aria-label='Let in again: Ben']")).to_be_focused()
    expect(page.locator("[data-person=b]")).to_contain_text("suspended")
    expect(page.locator("[data-person=b]")).to_contain_text("3 conversations")
    assert changes == [{"suspended": True}]

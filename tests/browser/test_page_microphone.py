"""A microphone from which nothing comes, on the page in Chromium: said while it lasts, with the others to choose from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect

from tests.browser.microphones import heard, hearing, make_up_devices, recorded, wait_until_heard
from tests.browser.scripted_server import Script, talk
from tests.browser.states import CHROMIUM, wait_for, wait_until
from tests.browser.test_page_problems import place
from tests.speech import sentence, silence

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

NOTICE = ".silent-microphone [role=status]"
SOON_MS = 15_000


@pytest.mark.parametrize(
    "nothing",
    [silence(1), silence(1) + 900, (np.arange(16000) % 2).astype(np.int16)],
    ids=["zeros", "offset", "last bit"],
)
def test_a_microphone_from_which_nothing_comes_is_named_and_another_can_be_chosen(
    browser: Browser, address: str, script: Script, tmp_path: Path, nothing: np.ndarray
) -> None:
    with hearing(browser, script, recorded(tmp_path, np.tile(nothing, 60))) as page:
        talk(page, address)
        expect(page.locator(NOTICE)).to_contain_text(
            "Nothing comes from your microphone (Fake Default Audio Input)", timeout=SOON_MS
        )
        expect(page.get_by_label("Another microphone").locator("option")).to_have_count(3)
        expect(page.locator(".silent-microphone")).to_be_in_viewport()
        page.click("#mute")
        expect(page.locator(NOTICE)).to_be_empty()
        expect(page.locator("#other-microphone")).to_be_hidden()


def test_sound_that_stops_in_the_middle_is_noticed_and_the_notice_goes_when_it_comes_back(
    browser: Browser, address: str, script: Script, tmp_path: Path
) -> None:
    microphone = recorded(tmp_path, np.concatenate([sentence(), silence(14), sentence(), silence(60)]))
    with hearing(browser, script, microphone) as page:
        talk(page, address)
        wait_for(page, "resting")
        expect(page.locator(NOTICE)).to_be_empty()
        expect(page.locator(NOTICE)).to_contain_text("Nothing comes", timeout=SOON_MS + 5000)
        expect(page.locator(NOTICE)).to_be_empty(timeout=SOON_MS)


def test_the_notice_is_in_chinese_too(page: Page, address: str) -> None:
    make_up_devices(page, "world.plugged = { a: { level: 0 } };")
    page.add_init_script("Object.defineProperty(navigator, 'language', { get: () => 'zh' })")
    talk(page, address)
    expect(page.locator(NOTICE)).to_contain_text("麦克风（Microphone a）没有声音", timeout=SOON_MS)
    expect(page.get_by_label("换一个麦克风")).to_be_visible()


def test_a_track_that_the_system_mutes_is_noticed_also_while_the_character_speaks(
    page: Page, address: str, script: Script
) -> None:
    script.seconds = 15.0
    make_up_devices(page)
    talk(page, address)
    wait_for(page, "speaking")
    page.evaluate("world.open.a.mute()")
    expect(page.locator(NOTICE)).to_contain_text("(Microphone a)", timeout=SOON_MS)
    assert page.evaluate("kaikou.state") == "speaking"
    page.evaluate("world.open.a.unmute()")
    expect(page.locator(NOTICE)).to_be_empty(timeout=SOON_MS)


def test_another_microphone_is_chosen_with_the_keyboard_and_heard(page: Page, address: str, script: Script) -> None:
    make_up_devices(page, "world.plugged.a = { level: 0 };")
    talk(page, address)
    expect(page.locator(NOTICE)).to_contain_text("(Microphone a)", timeout=SOON_MS)
    page.focus("#other-microphone")
    page.keyboard.press("End")
    expect(page.locator(NOTICE)).to_be_empty(timeout=SOON_MS)
    wait_until_heard(page, 500, script)
    expect(page.locator("#mute")).to_be_focused()


def test_a_second_dead_microphone_is_named_too_and_in_the_language_that_is_chosen_now(page: Page, address: str) -> None:
    make_up_devices(page, "world.plugged = { a: { level: 0 }, b: { level: 0 } };")
    talk(page, address)
    expect(page.locator(NOTICE)).to_contain_text("(Microphone a)", timeout=SOON_MS)
    page.select_option("#other-microphone", "b")
    expect(page.locator(NOTICE)).to_contain_text("(Microphone b)", timeout=SOON_MS)
    expect(page.locator("#other-microphone")).to_have_value("b")
    page.click("#language")
    expect(page.locator(NOTICE)).to_contain_text("麦克风（Microphone b）")


def test_a_list_that_is_open_follows_what_is_plugged_in(page: Page, address: str) -> None:
    make_up_devices(page, "world.plugged = { a: { level: 0 } };")
    talk(page, address)
    options = page.locator("#other-microphone option")
    expect(options).to_have_text(["Default", "Microphone a"], timeout=SOON_MS)
    page.evaluate("world.plug('c')")
    expect(options).to_have_text(["Default", "Microphone a", "Microphone c"])


def test_who_does_not_want_to_know_is_not_told_again(page: Page, address: str) -> None:
    make_up_devices(page, "world.plugged.a = { level: 0 };")
    talk(page, address)
    expect(page.locator(NOTICE)).to_contain_text("Nothing comes", timeout=SOON_MS)
    page.click(".silent-microphone button")
    expect(page.locator(NOTICE)).to_be_empty()
    page.fill("#say", "Hello")
    page.press("#say", "Enter")
    wait_for(page, "speaking")
    expect(page.locator(NOTICE)).to_be_empty()


def test_who_waits_in_line_is_not_told_of_the_microphone(page: Page, address: str, script: Script) -> None:
    make_up_devices(page, "world.plugged = { a: { level: 0 } };")
    script.accepts = False
    place(page, [{"before": n} for n in (6, 5, 4, 3, 2, 1)] + [{"before": 1}])
    talk(page, address)
    expect(page.locator(".panel")).to_contain_text("One person", timeout=SOON_MS)
    expect(page.locator(NOTICE)).to_be_empty()


def test_nobody_is_told_of_a_microphone_that_is_not_allowed_yet(page: Page, address: str) -> None:
    make_up_devices(page)
    page.add_init_script("navigator.mediaDevices.getUserMedia = () => new Promise(() => {})")
    page.clock.install()
    talk(page, address)
    wait_for(page, "asking")
    page.clock.run_for(20_000)
    expect(page.locator(NOTICE)).to_be_empty()


@pytest.mark.parametrize("opposite", [-1, 0], ids=["the other turned over", "the other silent"])
def test_a_voice_on_one_channel_is_heard_whatever_the_other_does(
    browser: Browser, address: str, script: Script, tmp_path: Path, opposite: int
) -> None:
    voice = np.concatenate([sentence(), sentence(), sentence(), sentence()])
    with hearing(browser, script, recorded(tmp_path, voice, opposite * voice)) as page:
        talk(page, address)
        wait_until(page, lambda: bool((heard(script) > 2000).any()))
        expect(page.locator(NOTICE)).to_be_empty()

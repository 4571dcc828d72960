"""A microphone from which nothing comes, that goes away, or that opens only in another way, on the page in Chromium."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect

from tests.browser.microphones import heard, hearing, make_up_devices, pitch, recorded
from tests.browser.scripted_server import Script, talk
from tests.browser.states import CHROMIUM, wait_for, wait_until
from tests.browser.test_page_problems import place
from tests.speech import sentence, silence

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

NOTICE = ".silent-microphone [role=status]"
SOON_MS = 15_000


def wait_until_heard(page: Page, hertz: float, script: Script) -> None:
    """Until the server hears this tone."""
    wait_until(page, lambda: len(heard(script)) == 8000 and pitch(heard(script)) == pytest.approx(hertz, rel=0.05))


# --- Nothing comes ----------------------------------------------------------------------------------------------------


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


def test_a_track_that_the_system_mutes_is_noticed_while_it_is_muted(page: Page, address: str) -> None:
    make_up_devices(page)
    talk(page, address)
    wait_for(page, "resting")
    page.evaluate("world.open.a.mute()")
    expect(page.locator(NOTICE)).to_contain_text("(Microphone a)", timeout=SOON_MS)
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


# --- It goes away -----------------------------------------------------------------------------------------------------


def test_an_unplugged_microphone_is_replaced_by_another_which_is_named(
    page: Page, address: str, script: Script
) -> None:
    make_up_devices(page)
    talk(page, address)
    wait_for(page, "resting")
    page.evaluate("world.unplug('a')")
    expect(page.locator(".notice")).to_contain_text("Microphone b")
    wait_until_heard(page, 500, script)
    expect(page.locator("#mute")).to_have_attribute("aria-pressed", "false")


def test_the_last_microphone_that_goes_away_is_missed_and_heard_again_once_it_is_back(
    page: Page, address: str, script: Script
) -> None:
    make_up_devices(page, "world.plugged = { a: {} };")
    talk(page, address)
    wait_for(page, "resting")
    page.evaluate("world.unplug('a')")
    expect(page.locator(".notice")).to_contain_text("went away")
    assert not heard(script, 2.0).any()
    page.evaluate("world.plug('a', { hertz: 700 })")
    wait_until_heard(page, 700, script)
    expect(page.locator(".notice")).to_contain_text("Microphone a")


def test_a_chosen_microphone_that_comes_back_is_used_again(page: Page, address: str, script: Script) -> None:
    page.add_init_script("localStorage.kaikou = JSON.stringify({ microphone: 'b' })")
    make_up_devices(page)
    talk(page, address)
    wait_for(page, "resting")
    page.evaluate("world.unplug('b')")
    wait_until_heard(page, 300, script)
    page.evaluate("world.plug('b', { hertz: 500 })")
    wait_until_heard(page, 500, script)


# --- It opens only in another way -------------------------------------------------------------------------------------

REFUSALS = {
    "echo cancellation is refused": "audio.echoCancellation === true ? 'OverconstrainedError' : ''",
    "echo cancellation cannot start": "audio.echoCancellation === true ? 'NotReadableError' : ''",
    "any constraint is refused": "audio !== true ? 'OverconstrainedError' : ''",
    "a start is broken off": "audio.echoCancellation === true ? 'AbortError' : ''",
    "another program has the chosen one": "audio.deviceId ? 'NotReadableError' : ''",
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS.keys())
def test_what_a_device_refuses_is_asked_for_no_more(page: Page, address: str, script: Script, refusal: str) -> None:
    page.add_init_script("localStorage.kaikou = JSON.stringify({ microphone: 'a' })")
    make_up_devices(page, f"world.refuses = (audio) => {refusal};")
    talk(page, address)
    wait_for(page, "resting")
    wait_until_heard(page, 300, script)


def test_a_person_who_refuses_is_asked_once(page: Page, address: str) -> None:
    page.add_init_script("localStorage.kaikou = JSON.stringify({ microphone: 'a' })")
    make_up_devices(page, "world.refuses = () => 'NotAllowedError';")
    talk(page, address)
    wait_for(page, "refused")
    assert page.evaluate("world.asked.length") == 1


def test_a_system_that_opens_one_microphone_at_a_time_changes_it(page: Page, address: str, script: Script) -> None:
    one = "Object.values(world.open).some(({ stream }) => stream.getAudioTracks()[0].readyState === 'live')"
    make_up_devices(page, f"world.refuses = () => {one} ? 'NotReadableError' : '';")
    talk(page, address)
    wait_for(page, "resting")
    page.click("#settings-open")
    page.select_option("#microphone", "b")
    wait_until_heard(page, 500, script)


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_a_headset_in_another_rate_is_heard_at_its_pitch(page: Page, address: str, script: Script, rate: int) -> None:
    make_up_devices(page)
    talk(page, address)
    wait_for(page, "resting")
    page.evaluate("(rate) => { world.plugged.b = { hertz: 440, rate }; world.unplug('a'); }", rate)
    wait_until_heard(page, 440, script)


def test_a_browser_that_joins_only_equal_rates_gets_a_context_of_its_own(
    page: Page, address: str, script: Script
) -> None:
    make_up_devices(page)
    page.add_init_script(
        """
        const known = new Set();
        window.MediaStreamAudioSourceNode = class extends MediaStreamAudioSourceNode {
          constructor(context, options) {
            if (!known.size) known.add(context);
            if (known.has(context)) throw new DOMException("", "NotSupportedError");
            super(context, options);
          }
        };
        """
    )
    talk(page, address)
    wait_for(page, "resting")
    wait_until_heard(page, 300, script)


# --- The page is not looked at ----------------------------------------------------------------------------------------


def test_a_page_in_the_background_goes_on_hearing_speaking_and_writing_down(
    page: Page, address: str, script: Script
) -> None:
    make_up_devices(page)
    talk(page, address)
    wait_for(page, "resting")
    page.evaluate(
        """
        window.requestAnimationFrame = () => 0;
        Object.defineProperty(document, "hidden", { get: () => true });
        Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
        document.dispatchEvent(new Event("visibilitychange"));
        """
    )
    before = (len(script.heard), page.evaluate("kaikou.played.samples"))
    script.reply()
    expect(page.locator("#captions [data-item=a2] .said")).to_have_text("One two three four")
    wait_for(page, "speaking")
    wait_for(page, "resting")
    expect(page.locator("#status")).to_have_text("Go ahead")
    assert len(script.heard) > before[0]
    assert page.evaluate("kaikou.played.samples") > before[1]


def test_the_screen_may_sleep_again_even_if_the_talk_ends_while_the_lock_is_asked_for(page: Page, address: str) -> None:
    page.add_init_script(
        """
        window.locks = [];
        window.grant = [];
        navigator.wakeLock.request = () => new Promise((resolve) => grant.push(() => {
          const lock = { released: false, release: async () => { lock.released = true; } };
          locks.push(lock);
          resolve(lock);
        }));
        """
    )
    talk(page, address)
    wait_for(page, "resting")
    page.click("#end")
    wait_for(page, "ended")
    page.evaluate("grant.forEach((give) => give())")
    page.wait_for_function("locks.length > 0 && locks.every(({ released }) => released)")


def test_a_speaker_that_vanishes_leaves_the_voice_to_the_default_one_and_gets_it_back(page: Page, address: str) -> None:
    page.add_init_script("localStorage.kaikou = JSON.stringify({ speaker: 's' })")
    make_up_devices(page)
    page.add_init_script(
        """
        window.sinks = [];
        let sink = "";
        Object.defineProperty(AudioContext.prototype, "sinkId", { get: () => sink });
        AudioContext.prototype.setSinkId = async (id) => { sinks.push(sink = id); };
        const inputs = navigator.mediaDevices.enumerateDevices;
        window.speakers = [{ kind: "audiooutput", deviceId: "s", label: "Headset" }];
        navigator.mediaDevices.enumerateDevices = async () => [...await inputs(), ...speakers];
        """
    )
    talk(page, address)
    wait_for(page, "resting")
    page.evaluate("speakers.length = 0; navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
    page.wait_for_function("sinks.join() === 's,'")
    page.evaluate(
        """speakers.push({ kind: "audiooutput", deviceId: "s", label: "Headset" });
        navigator.mediaDevices.dispatchEvent(new Event('devicechange'))"""
    )
    page.wait_for_function("sinks.join() === 's,,s'")

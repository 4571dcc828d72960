"""Devices that go away, come back or open only in another way, and a page that is not looked at, in Chromium."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, expect

from tests.browser.microphones import heard, make_up_devices, wait_until_heard
from tests.browser.scripted_server import Script, talk
from tests.browser.states import CHROMIUM, wait_for, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


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


def test_a_microphone_that_was_turned_off_is_replaced_by_one_that_is_turned_off(
    page: Page, address: str, script: Script
) -> None:
    make_up_devices(page)
    talk(page, address)
    wait_for(page, "resting")
    page.click("#mute")
    page.evaluate("world.unplug('a')")
    expect(page.locator(".notice")).to_contain_text("Microphone b")
    expect(page.locator("#mute")).to_have_attribute("aria-pressed", "true")
    frames = len(script.frames)
    wait_until(page, lambda: len(script.frames) > frames + 25)
    assert not heard(script, 0.4).any()


def test_microphones_that_end_as_they_begin_are_not_asked_for_for_ever(page: Page, address: str) -> None:
    make_up_devices(page)
    talk(page, address)
    wait_for(page, "resting")
    page.evaluate(
        """
        const ask = navigator.mediaDevices.getUserMedia;
        navigator.mediaDevices.getUserMedia = async (wish) => {
          const stream = await ask(wish);
          setTimeout(() => stream.getAudioTracks()[0].dispatchEvent(new Event("ended")), 30);
          return stream;
        };
        world.open.a.unplug();
        """
    )
    expect(page.locator(".notice")).to_contain_text("went away")
    assert page.evaluate("world.asked.length") < 8


def test_who_took_the_permission_back_is_not_asked_at_the_next_device(page: Page, address: str) -> None:
    make_up_devices(page)
    talk(page, address)
    wait_for(page, "resting")
    page.evaluate("world.refuses = () => 'NotAllowedError'; world.unplug('a')")
    expect(page.locator(".notice")).to_contain_text("went away")
    asked = page.evaluate("world.asked.length")
    page.evaluate("world.refuses = () => ''; world.plug('c')")
    page.click("#mute")
    wait_for(page, "resting")
    assert page.evaluate("world.asked.length") == asked + 1


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

"""Microphones for the page: recordings that Chromium plays as its device, and devices that a script makes up."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.audio.samples import LINE_RATE, Samples
from tests.browser.scripted_server import FLAGS, Script
from tests.browser.states import CHROMIUM, TRACE, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MADE_UP = """
  const contexts = {};
  /** A device of its own: a tone whose track can be muted and unplugged. */
  const device = (id, { hertz = 300, level = 0.3, rate = 48000, label = `Microphone ${id}` } = {}) => {
    const context = new AudioContext({ sampleRate: rate });
    const gain = new GainNode(context, { gain: level });
    const out = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    const tone = new OscillatorNode(context, { frequency: hertz });
    tone.connect(gain).connect(out);
    tone.start();
    const [track] = out.stream.getAudioTracks();
    let muted = false;
    Object.defineProperties(track, {
      label: { value: label },
      muted: { get: () => muted },
      getSettings: { value: () => ({ deviceId: id, sampleRate: rate, echoCancellation: true }) },
    });
    const set = (value) => { muted = value; track.dispatchEvent(new Event(value ? "mute" : "unmute")); };
    return {
      stream: out.stream,
      mute: () => { set(true); gain.gain.value = 0; },
      unmute: () => { set(false); gain.gain.value = level; },
      unplug: () => { track.stop(); track.dispatchEvent(new Event("ended")); },
    };
  };
  const refuse = (name) => { throw new DOMException("", name); };
  const world = window.world = { plugged: { a: {}, b: { hertz: 500 } }, open: {}, asked: [], refuses: () => "" };
  navigator.mediaDevices.getUserMedia = async ({ audio }) => {
    world.asked.push(audio);
    const reason = world.refuses(audio);
    if (reason) refuse(reason);
    const wished = audio.deviceId?.ideal ?? audio.deviceId?.exact;
    const id = wished in world.plugged ? wished : Object.keys(world.plugged)[0];
    if (!id) refuse("NotFoundError");
    world.open[id] = device(id, world.plugged[id]);
    return world.open[id].stream;
  };
  const described = ([id, { label = `Microphone ${id}` }]) => ({ kind: "audioinput", deviceId: id, label });
  navigator.mediaDevices.enumerateDevices = async () => Object.entries(world.plugged).map(described);
  world.unplug = (id) => {
    delete world.plugged[id];
    world.open[id]?.unplug();
    navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
  };
  world.plug = (id, how = {}) => {
    world.plugged[id] = how;
    navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
  };
"""


def make_up_devices(page: Page, then: str = "") -> None:
    """Two microphones, `a` and `b`, in `window.world`, which a test plugs, mutes and lets refuse."""
    page.add_init_script(f"{{ {MADE_UP} {then} }}")


def recorded(folder: Path, *channels: Samples) -> Path:
    """A recording with these channels."""
    with wave.open(str(folder / "microphone.wav"), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(LINE_RATE)
        file.writeframes(np.stack(channels, axis=1).astype("<i2").tobytes())
    return folder / "microphone.wav"


@contextmanager
def hearing(browser: Browser, script: Script, microphone: Path) -> Iterator[Page]:
    """A page whose microphone is a recording, heard once."""
    flags = [*FLAGS, f"--use-file-for-fake-audio-capture={microphone}%noloop"]
    launched = browser.browser_type.launch(executable_path=CHROMIUM, args=flags)
    try:
        page = launched.new_page(locale="en-GB", viewport={"width": 1280, "height": 800})
        page.add_init_script(TRACE)
        page.route_web_socket("**/v1/realtime**", script.connect)
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        yield page
        assert problems == []
    finally:
        launched.close()


def heard(script: Script, seconds: float = 0.5) -> Samples:
    """The last seconds that the server heard."""
    return np.frombuffer(bytes(script.heard), "<i2")[-int(seconds * LINE_RATE) :]


def pitch(samples: Samples) -> float:
    """Hertz of a tone."""
    rising = np.count_nonzero((samples[:-1] < 0) & (samples[1:] >= 0))
    return float(rising * LINE_RATE / len(samples))


def wait_until_heard(page: Page, hertz: float, script: Script) -> None:
    """Until the server hears this tone."""
    wait_until(page, lambda: len(heard(script)) == 8000 and pitch(heard(script)) == pytest.approx(hertz, rel=0.05))

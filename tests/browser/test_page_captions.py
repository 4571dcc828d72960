"""What a character does and does not say, on the page: shown dimly, without the asterisks that it comes in."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Locator, Page, expect

from tests.browser.scripted_server import Script, talk, tone
from tests.browser.states import CHROMIUM, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

WORDS = ["*She tilts her head.* Two", " times", " 2*3*4. *smiles*"]
"""As the server sends them: acting takes no time of its own."""
SHOWN = "She tilts her head. Two times 2*3*4. smiles"
LOOKS = "(span) => { const s = getComputedStyle(span); return [s.color, s.fontStyle, s.textDecorationLine]; }"
FAINT = """(span) => {
  span.style.color = "var(--faint)";
  const { color } = getComputedStyle(span);
  span.style.color = "";
  return color;
}"""


def act(script: Script, seconds: float) -> None:
    """An answer with acting around its words."""
    item = {"response_id": "r9", "item_id": "a9"}
    third = round(1000 * seconds / len(WORDS))
    times = [{"text": text, "start_ms": i * third, "end_ms": (i + 1) * third} for i, text in enumerate(WORDS)]
    message = {"id": "a9", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    script.send("response.created", response={"id": "r9", "status": "in_progress"})
    script.send("response.output_item.added", response_id="r9", item=message)
    script.send("response.output_audio_transcript.delta", **item, delta="".join(WORDS))
    script.send("kaikou.words", **item, words=times)
    script.send("response.output_audio.delta", **item, delta=tone(seconds))
    script.send("response.output_audio.done", **item)
    script.send("response.done", response={"id": "r9", "status": "completed"})


def expect_dim(said: Locator) -> None:
    expect(said.locator("[data-acting]")).to_have_text(["She tilts her head.", "smiles"])
    for span in said.locator("[data-acting]").all():
        assert span.evaluate(LOOKS) == [span.evaluate(FAINT), "italic", "none"]
    spoken = said.locator("span:not([data-acting])").first
    assert spoken.evaluate(LOOKS)[0] != spoken.evaluate(FAINT)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_acting_is_dim_and_without_asterisks_while_it_is_said_and_afterwards(
    page: Page, address: str, script: Script, scheme: str
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    talk(page, address)
    wait_for(page, "resting")
    act(script, 3.0)
    said = page.locator("#captions [data-item=a9] .said")
    expect(said.locator("[data-acting][data-mark=now]")).to_have_text("She tilts her head.")
    expect(said).to_have_text(SHOWN)
    expect_dim(said)
    wait_for(page, "resting")
    page.click("#end")
    wait_for(page, "ended")
    expect_dim(page.locator(".transcript [data-role=character] .said").last)

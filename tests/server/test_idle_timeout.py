"""A client that asks for it is told that its person says nothing, and the character speaks again."""

from __future__ import annotations

from tests.loop_clock import LoopClock
from tests.server.expressive_engines import Reciter
from tests.server.talking import talking
from tests.serving import serving
from tests.speech import silence

DETECTION = {"type": "server_vad", "idle_timeout_ms": 5_000}


async def test_silence_after_an_answer_is_told_committed_and_answered() -> None:
    async with serving(instead={"chat_model": Reciter()}) as server, talking(server) as talk:
        clock = LoopClock()
        await talk.configure(audio={"input": {"turn_detection": DETECTION, "transcription": {"model": "x"}}})
        await talk.hear(silence(1.0, 24_000))
        await talk.write("Hello")
        await talk.ask(output_modalities=["text"])
        await talk.hear(silence(5.0, 24_000))
        await talk.configure(instructions="Repeat it.")  # once this is told, all before it was heard
        since = len(talk.events)
        clock.advance(5.0)
        triggered = await talk.until("input_audio_buffer.timeout_triggered")
        done = await talk.until("response.done", since)
        id, told = triggered["item_id"], talk.events[since:]

        assert [event["type"] for event in told[:6]] == [
            "input_audio_buffer.timeout_triggered",
            "input_audio_buffer.committed",
            "conversation.item.added",
            "conversation.item.done",
            "conversation.item.input_audio_transcription.completed",
            "response.created",
        ]
        assert [told[1]["item_id"], told[2]["item"]["id"], told[4]["item_id"], told[4]["transcript"]] == [
            id,
            id,
            id,
            "",
        ]
        assert told[2]["item"]["content"] == [{"type": "input_audio", "transcript": ""}]
        assert triggered["audio_end_ms"] - triggered["audio_start_ms"] == 4_992  # whole windows of voice detection
        assert done["response"]["output"][0]["content"][0]["transcript"].startswith("(silence")

"""An hour of conversation over a bad line, told by the client that heard it and by its recording."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.conversation.journal import AudioPassed, Entry, Journal
from pipeline.engines.protocols import ChatEvent, ChatRequest, EngineInfo, SpeechChunk, SynthesisRequest, TextDelta
from pipeline.engines.workers import Workers
from pipeline.turns.dialogue import BargeIn, Policy
from server.history.sound.recording import Recording
from tests.pipeline.conversing import Conversation, Words, conversing
from tests.server.history.sound.far_client import STEP, STEP_S, FarClient
from tests.server.history.sound.sounds import click, heard_in, stretches_s

RATE = 22_050
HOUR_S = 3_600
LATENCY_S = 0.045
PLAYER_PPM = 300.0
"""More than the clocks of any two sound cards differ by."""

TURNS_OF_THE_LOOP = 14
ALIGNED_S = 0.02
AT_A_CUT_S = 0.1

QUESTION, STOP, HUM = "what is it like to be old", "stop it now please", "mhm"


class Teller:
    """Answers everything with the same long story."""

    info = EngineInfo("teller", "chat_model")

    async def reply(self, _request: ChatRequest) -> AsyncIterator[ChatEvent]:
        yield TextDelta(
            "Once there was a fox, and it went over the hills, and it came to a river, and it sat down there. "
        )

    async def aclose(self) -> None:
        """Nothing to free."""


class Clicks:
    """A voice of clicks, two in a second, that takes 80 ms for a letter."""

    info = EngineInfo("clicks", "synthesizer", rate=RATE)

    async def speak(self, request: SynthesisRequest) -> AsyncIterator[SpeechChunk]:
        pcm = np.zeros(round(len(request.text) * 0.08 * RATE), np.int16)
        for start in range(0, len(pcm) - RATE // 4, RATE // 2):
            pcm[start : start + RATE // 250] = click(RATE)
        for start in range(0, len(pcm), RATE // 12):
            yield SpeechChunk(pcm[start : start + RATE // 12])

    def close(self) -> None:
        """Nothing to free."""


def spoken(seconds: float) -> deque[Samples]:
    """A voice, which begins with a click."""
    pcm = np.full(round(seconds / STEP_S) * STEP, 1_500, np.int16)
    pcm[: LINE_RATE // 250] = click(LINE_RATE)
    return deque(pcm.reshape(-1, STEP))


class Line:
    """Both directions of the network, and the clock of the server. A direction that stands still delays what is in it."""

    def __init__(self, talk: Conversation, client: FarClient) -> None:
        self._talk, self.client = talk, client
        self._up: deque[tuple[float, Any]] = deque()
        self._down: deque[tuple[float, Any]] = deque()
        self.up_until = self.down_until = 0.0
        self._seen = 0

    async def step(self) -> None:
        """One message of the microphone."""
        client, begins = self.client, self.client.now
        while self._down and self._down[0][0] <= begins:
            client.told(self._down.popleft()[1])
        client.plays()
        pcm = client.microphone()
        client.now += STEP_S
        sent: list[tuple[float, Any]] = [(at, report) for at, *report in client.reports]
        sent += [(client.now, pcm)] if client.sends else []
        client.reports = []
        for at, message in sorted(sent, key=lambda one: one[0]):
            self._up.append((max(at + LATENCY_S, self.up_until), message))
        await self._server(client.now + LATENCY_S)

    async def _server(self, until: float) -> None:
        talk = self._talk
        while self._up and self._up[0][0] <= until:
            talk.clock.now, message = self._up.popleft()
            if isinstance(message, list):
                talk.session.played(message[0], message[1], playing=message[2])
            else:
                talk.session.accept_audio(message)
        talk.clock.now = until
        for _ in range(TURNS_OF_THE_LOOP):
            await asyncio.sleep(0)
        for notice in talk.notices[self._seen :]:
            self._down.append((max(until + LATENCY_S, self.down_until), notice))
        talk.notices.clear()

    async def runs(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP_S)):
            await self.step()

    async def rests(self, seconds: float) -> None:
        """Nobody says anything, and nothing is sent."""
        self.client.now += seconds
        await self._server(self.client.now + LATENCY_S)


async def one_turn(line: Line, number: int) -> None:
    """A question and its answer, with something that goes wrong in it."""
    client = line.client
    client.to_say += spoken(0.7)
    match number % 6:
        case 1:
            await line.runs(4)
            client.to_say += spoken(1.0)  # interrupts
            await line.runs(12)
        case 2:
            await line.runs(4.5)
            client.to_say += spoken(0.3)  # a false alarm
            await line.runs(12)
        case 3:
            await line.runs(5)
            line.down_until = client.now + 3.5  # the player runs out of sound
            await line.runs(15)
        case 4:
            await line.runs(5)
            line.up_until = client.now + 2.5  # what it says and reports comes late, and at once
            await line.runs(12)
        case 5:
            await line.runs(3)
            client.sends = False  # the button is not pressed while the answer is heard
            await line.runs(11)
            client.sends = True
            await line.runs(2)
        case _:
            await line.runs(13)


def script(turns: int) -> list[Words]:
    """What is recognised of it."""
    said = list[Words]()
    for number in range(turns):
        said.append(Words(QUESTION))
        said += [Words(STOP)] if number % 6 == 1 else [Words(HUM)] if number % 6 == 2 else []
    return said


async def test_an_hour_over_a_bad_line_is_aligned_within_twenty_milliseconds(tmp_path: Path) -> None:
    workers, told = Workers(1), list[tuple[bool, str]]()
    recording = Recording.begin(tmp_path, "conv_1", workers, lambda *what: told.append(what))
    entries = list[AudioPassed]()

    async def write(entry: Entry) -> None:
        if isinstance(entry, AudioPassed):
            entries.append(entry)

    journal = Journal(write, audio=True, longest=10_000)
    policy = Policy(barge_in=BargeIn.CONFIRMED)
    async with conversing(
        *script(400), policy=policy, journal=journal, chat_model=Teller(), synthesizer=Clicks()
    ) as talk:
        line = Line(talk, client := FarClient(talk.session, PLAYER_PPM))
        number = 0
        while client.now < HOUR_S:
            await one_turn(line, number)
            if number % 5:
                await line.rests(30)
            number += 1
        await line.runs(10)
    for entry in entries:
        await recording.take(entry)
    file = await recording.finish()
    workers.close()

    assert file is not None
    heard = heard_in(file.path)
    for side, truly in ((heard.left, client.said_s), (heard.right, client.heard_s)):
        assert_aligned([start for start, _end in stretches_s(side, loud=8_000)], truly, client.cut_s)


def assert_aligned(found: list[float], truly: list[float], cut: list[float]) -> None:
    """Each click is where it was heard, and none is missing but at a cut."""
    clicks = np.array([at for at, before in zip(truly, [-1.0, *truly], strict=False) if at - before > 0.1])
    off = [np.abs(clicks - at).min() for at in found]
    missing = [at for at in clicks if not near(at, found, ALIGNED_S) and not near(at, cut, AT_A_CUT_S)]
    assert (missing, max(off) < ALIGNED_S) == ([], True)
    assert len(found) > 100


def near(at: float, others: list[float], within_s: float) -> bool:
    return any(abs(at - other) < within_s for other in others)

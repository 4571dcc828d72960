"""What a person said in a talk that was kept: which lines, when, and after what."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from sqlalchemy import insert, select

from pipeline.audio.samples import Samples, levels_dbfs
from pipeline.conversation.journal import Entry, ItemTimed
from pipeline.engines.protocols import WordTime
from pipeline.practice.speech import Span, Spoken, TimedWord
from server.practice.talk import MOST_LINES, spoken
from server.storage.database import Database
from server.storage.tables.conversations import lines
from tests.server.history.kept import answered, keep, keeping, said
from tests.server.history.test_kept_talk import history_of
from tests.server.talking import RATE, talking
from tests.serving import serving
from tests.speech import NEEDS_POCKETSPHINX, sentence, silence


def heard(id: str, at_ms: int, end_ms: int, entry: Entry) -> list[Entry]:
    return [ItemTimed(id, at_ms, end_ms), entry]


def asked(id: str, at_ms: int, length_ms: int, text: str = "And you?", **cut: Any) -> list[Entry]:
    return [ItemTimed(id, at_ms), answered(text, id=id, audio_ms=length_ms, **cut)]


async def told(database: Database, *entries: list[Entry], **options: Any) -> Spoken:
    async with keeping(database) as keeper:
        id = await keep(keeper, *[entry for group in entries for entry in group])
    return await spoken(database, id, **options)


async def test_spoken_turns_have_their_words_and_voice_on_the_conversations_line(database: Database) -> None:
    voiced = ((300, 900), (1_400, 1_900))
    words = [WordTime("Fine", 320, 880), WordTime("thanks", 1_410, 1_880)]
    line = said("Fine, thanks.", id="b", voiced=voiced, words=words)

    found = await told(
        database, asked("a", 1_000, 2_000), heard("b", 3_500, 5_500, line), moves={"b": {"step": "greet"}}
    )

    (turn,) = found.turns
    assert (turn.line_id, turn.text, turn.language, turn.step) == ("b", "Fine, thanks.", "en", "greet")
    assert (turn.start_ms, turn.end_ms, turn.asked_ms, turn.estimated) == (3_500, 5_500, 3_000, False)
    assert turn.voiced == [Span(3_800, 4_400), Span(4_900, 5_400)]
    assert turn.words == [TimedWord("Fine", 0, 3_820, 4_380), TimedWord("thanks", 6, 4_910, 5_380)]
    assert found.character_ms == 2_000


async def test_each_turn_has_the_language_in_which_it_was_said(database: Database) -> None:
    found = await told(
        database,
        heard("a", 0, 2_000, said("I would like a coffee, please.", id="a")),
        heard("b", 3_000, 5_000, said("我想要一杯咖啡", id="b")),
        heard("c", 6_000, 7_000, said("12", id="c")),
    )
    assert ([turn.language for turn in found.turns], found.language) == (["en", "zh", "en"], "en")


async def test_what_was_not_spoken_or_was_no_turn_is_left_out(database: Database) -> None:
    found = await told(
        database,
        [said("Typed.", id="a")],
        heard("b", 0, 500, said("Mm-hm.", id="b", aside=True)),
        heard("c", 1_000, 2_000, said("", id="c", voiced=((0, 900),))),
        heard("d", 3_000, 4_000, said("Spoken.", id="d")),
    )

    assert [turn.line_id for turn in found.turns] == ["d"]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ([], None),
        (asked("a", 0, 1_500, "And you", whole="And you, who?", heard_ms=800), None),
        (asked("a", 0, 9_000), None),
        (asked("a", 0, 2_150), 2_150),
        (heard("a", 0, 1_000, said("So,", id="a")), None),
    ],
    ids=["nothing", "an interrupted answer", "one that was still heard", "one that was heard out", "the person"],
)
async def test_a_turn_was_asked_for_when_the_character_was_heard_out_just_before_it(
    database: Database, before: list[Entry], expected: int | None
) -> None:
    turn = heard("b", 2_000, 3_000, said("Well.", id="b", voiced=((300, 900),)))

    assert (await told(database, before, turn)).turns[-1].asked_ms == expected


async def test_of_an_interrupted_answer_only_what_was_heard_counts(database: Database) -> None:
    cut = asked("a", 0, 5_000, "And", whole="And you?", heard_ms=800)

    assert (await told(database, heard("b", 0, 10, said("Hi.", id="b")), cut)).character_ms == 800


async def test_of_a_talk_that_is_gone_nothing_was_said(database: Database) -> None:
    assert await spoken(database, "conv_none") == Spoken([], 0)


async def test_a_very_long_talk_is_read_in_order_and_within_bounds(database: Database) -> None:
    words = [WordTime(f"word{n}", 300 * n, 300 * n + 250) for n in range(10)]
    voiced = tuple((300 * n, 300 * n + 250) for n in range(10))
    line = said(" ".join(word.text for word in words), id="b", words=words, voiced=voiced)
    async with keeping(database) as keeper:
        id = await keep(keeper, *heard("b", 0, 9_000, line))
    await _repeat(database, id, MOST_LINES + 50)
    began = time.process_time()

    found = await spoken(database, id)

    assert [turn.line_id for turn in found.turns] == ["b", *(f"b{n}" for n in range(1, MOST_LINES))]
    assert time.process_time() - began < 20


async def _repeat(database: Database, conversation_id: str, count: int) -> None:
    async with database.write() as connection:
        rows = await connection.execute(select(lines).where(lines.c.conversation_id == conversation_id))
        (row,) = [dict(row._mapping) for row in rows]
        del row["number"]
        for start in range(1, count, 500):
            more = [row | {"item_id": f"b{n}", "at_ms": 10_000 * n} for n in range(start, min(start + 500, count))]
            await connection.execute(insert(lines), more)


@NEEDS_POCKETSPHINX
async def test_real_speech_through_a_server_is_told_with_where_its_voice_and_its_words_were() -> None:
    async with serving(engines="embedded") as server:
        async with talking(server, extensions="kaikou") as talk:
            kept = await talk.until("kaikou.keeping")
            await talk.hear(silence(1.0, RATE))
            await talk.hear(sentence(RATE))
            await talk.hear(silence(3.0, RATE))
            await talk.until("response.done")
        keeper = history_of(server).keeper
        await keeper.written(kept["conversation_id"])
        found = await spoken(keeper.database, kept["conversation_id"])

    (turn,), (start_ms, end_ms) = found.turns, loud(sentence())
    assert turn.voiced[0].start_ms == pytest.approx(1_000 + start_ms, abs=150)
    assert turn.voiced[-1].end_ms == pytest.approx(1_000 + end_ms, abs=150)
    assert turn.words[0].start_ms == pytest.approx(1_000 + start_ms, abs=200)
    assert turn.words[-1].end_ms == pytest.approx(1_000 + end_ms, abs=200)
    assert not turn.estimated


def loud(pcm: Samples) -> tuple[int, int]:
    """From when to when there is more than a breath, in milliseconds."""
    levels = np.array(levels_dbfs(pcm[: len(pcm) // 160 * 160].reshape(-1, 160)))
    (frames,) = np.nonzero(levels > levels.max() - 30)
    return int(frames[0]) * 10, int(frames[-1]) * 10 + 10

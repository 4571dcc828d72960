"""Reports by rules, on both databases: what is told, kept, made again, and gone with its talk."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.conversation.journal import Entry, ItemTimed
from pipeline.engines.protocols import WordTime
from server.history.store import ConversationStore
from server.practice.report.answers import Measures, Mistakes, Questions, Vocabulary
from server.practice.report.job import PARTS
from server.practice.report.reports import LEFT_MS, Reports
from server.practice.report.store import ReportStore, forget_talks
from server.practice.store import PracticeStore
from server.practice.taking_along import files_of
from server.settings.keeping import StorageSettings
from server.storage.database import Database
from server.storage.object_place import place_of
from server.storage.objects import Objects
from tests.server.history.kept import NOON, answered, cleaning, said
from tests.server.practice.reporting import Here, JobsHere, contents, interview, make, report, scene, talked, written


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects(place_of(StorageSettings(folder=tmp_path)))


STORY = (
    "At my last job our shop was slow. My task was to find out why. I measured every page and I rewrote the search."
    " In the end it took 2 seconds."
)


async def test_a_report_says_of_each_question_what_was_answered_with_the_words_that_show_it(database: Database) -> None:
    id = await talked(
        database,
        interview(),
        answered("Tell me about a hard fault."),
        said(STORY, id="item_story"),
        answered("Thank you. When did you take advice?"),
    )
    await make(database, id)
    told = await report(database, id)
    questions = told.parts["questions"].content

    assert isinstance(questions, Questions)
    fault, advice = questions.items
    assert (fault.asked, fault.answered, [clip.quote for clip in fault.clips]) == (True, True, [STORY])
    assert fault.structure is not None
    assert fault.structure.action is not None
    assert fault.structure.action.quote == "I measured every page and I rewrote the search"
    assert fault.structure.action.line_id == "item_story"
    assert (advice.asked, advice.answered, advice.structure) == (True, False, None)
    assert (told.state, told.parts["rubric"].state, told.parts["rubric"].reason) == (
        "ready",
        "missing",
        "no_language_model",
    )
    assert list(told.parts) == list(PARTS["interview"])


async def test_orders_are_no_answers_and_moves_say_what_belongs_where(database: Database) -> None:
    moves = {
        "item_a": {"step": "fault", "move": "again", "to": "fault", "fate": "now"},
        "item_b": {"step": "fault", "move": "ask", "to": "advice", "fate": "done"},
        "item_c": {"step": "advice", "move": "close", "to": "", "fate": "skipped"},
    }
    lines = [said("Could you repeat that?", id="item_a"), said(STORY, id="item_b"), said("Stop.", id="item_c")]
    id = await talked(database, interview(), *lines, moves=moves)
    await make(database, id)
    questions = (await contents(database, id))["questions"]["items"]

    assert [[clip["line_id"] for clip in one["clips"]] for one in questions] == [["item_b"], []]
    assert [(one["asked"], one["answered"]) for one in questions] == [(True, True), (True, False)]


async def test_mistakes_are_grouped_with_what_was_said_and_compared_with_the_last_practice(database: Database) -> None:
    long = "I like to walk by the sea with my friends when the sun is out and the wind is low. " * 2
    first = await talked(database, scene(), f"She go home. He go home. {long}", at=NOON)
    await make(database, first)
    second = await talked(database, scene(), said(f"She go home. {long}", id="item_x"), at=NOON + 1000)
    await make(database, second)
    mistakes = (await report(database, second)).parts["mistakes"].content

    assert isinstance(mistakes, Mistakes)
    (group,) = mistakes.groups
    assert (group.kind, group.label, group.count, group.previous) == ("R:VERB:SVA", "Verb and subject", 1, 2)
    assert [(one.said, one.better, one.clip.quote, one.clip.line_id, one.source) for one in group.items] == [
        ("She go", "She goes", "She go", "item_x", "rules")
    ]
    assert [(one.kind, one.before > one.now) for one in mistakes.better] == [("R:VERB:SVA", True)]


async def test_what_a_press_says_for_the_person_is_not_among_the_words_that_mistakes_are_counted_by(
    database: Database,
) -> None:
    asked = [said("Could you say that again, please?", id=f"item_{number}") for number in range(5)]
    moves = {f"item_{number}": {"step": "order", "to": "order", "move": "again"} for number in range(5)}
    answer = said("She go home and I like to walk by the sea with my friends." * 3, id="item_a")
    id = await talked(database, scene(), *asked, answer, moves=moves)
    await make(database, id)
    told = (await report(database, id)).parts["mistakes"].content

    assert isinstance(told, Mistakes)
    assert told.per_100 == round(100 * 3 / 42, 1)


async def test_a_correction_of_the_talk_is_in_the_report_if_its_words_stand_there(database: Database) -> None:
    corrections = [
        {"line_id": "item_y", "at": 2, "said": "blub agree", "better": "agree", "reason": "…", "kind": "R:VERB:FORM"},
        {"line_id": "item_y", "at": 3, "said": "blub agree", "better": "agree", "reason": "…", "kind": "R:VERB:FORM"},
        {"line_id": "gone", "at": 0, "said": "I", "better": "We", "reason": "…", "kind": "R:PRON"},
    ]
    id = await talked(database, scene(), said("I blub agree with you", id="item_y"), corrections=corrections)
    await make(database, id)
    groups = (await contents(database, id))["mistakes"]["groups"]

    assert [item["said"] for group in groups for item in group["items"]].count("blub agree") == 1


async def test_where_nothing_was_said_the_report_says_so(database: Database) -> None:
    id = await talked(database, scene(), answered("What can I get you?"), "…")
    await make(database, id)
    told = await report(database, id)

    assert {name: part.reason for name, part in told.parts.items()} == {
        "next": "no_speech",  # what rules say stands there, and this is why the language model says nothing
        "measures": "no_speech",
        "vocabulary": "no_speech",
        "mistakes": "no_speech",
        "understood": "no_speech",
    }
    assert [item["text"] for item in (await contents(database, id))["next"]["items"]] == [
        "Say something next time, if only one sentence: then there is something to tell."
    ]


async def test_nothing_is_kept_of_a_practice_that_is_deleted_while_its_report_is_made(database: Database) -> None:
    id = await talked(database, scene(), "She go home.")
    store = ReportStore(database)
    await store.begin(id, "ann", PARTS["language"], 0)
    await PracticeStore(database).delete("ann", id)

    assert await contents(database, id) == {}


async def test_of_two_makings_the_later_one_is_kept(database: Database) -> None:
    id = await talked(database, scene(), "She go home.")
    store = ReportStore(database)
    both = [await store.begin(id, "ann", PARTS["language"], 0) for _ in range(2)]
    again = await store.begin(id, "ann", PARTS["language"], 1)

    assert (both, again) == ([1, 1], 2)
    assert not await store.explain(id, "mistakes", 1, "model_failed")
    assert await store.explain(id, "mistakes", 2, "model_failed")


async def test_a_report_goes_with_its_talk_and_only_numbers_are_left(database: Database, objects: Objects) -> None:
    corrections = [
        {"line_id": "item_z", "at": 0, "said": "She go", "better": "She goes", "reason": "…", "kind": "R:VERB"}
    ]
    id = await talked(database, scene(), said("She go home.", id="item_z"), corrections=corrections)
    await make(database, id)
    row = await PracticeStore(database).get("ann", id)
    conversations = ConversationStore(database, lambda: NOON)
    await conversations.delete("ann", row.conversation_id)
    hidden = await report(database, id)
    taken = [file.content async for file in files_of(database, "ann")]
    stopped = await make(database, id, number=1)
    clean_up = cleaning(database, objects, now=lambda: NOON + 10**9)
    clean_up.besides.append(forget_talks)
    await clean_up.remove()
    kept, row = await contents(database, id), await PracticeStore(database).get("ann", id)

    assert (hidden.state, hidden.reason, hidden.parts) == ("none", "not_kept", {})
    assert [(b"She go" in file, b'"per_100"' in file) for file in taken] == [(False, True)]
    assert stopped == {"wanted": False}
    assert list(kept) == ["mistakes"]
    assert [(group["count"], group["items"]) for group in kept["mistakes"]["groups"]] == [(1, [])]
    assert (row.corrections, row.moves, row.conversation_id) == (None, None, None)
    assert "go" not in str(kept).replace("goes", "")


async def spoken_talk(database: Database, at: int, *texts: str) -> str:
    """A practice in which these lines were spoken, ten seconds each, a word every half a second."""
    entries = list[Entry]()
    for number, text in enumerate(texts):
        words = [WordTime(word, n * 500, n * 500 + 400) for n, word in enumerate(text.split())]
        line, id = tuple((word.start_ms, word.end_ms) for word in words), f"item_{at}_{number}"
        begins = 10_000 * number
        entries += [ItemTimed(id, begins, begins + 500 * len(words)), said(text, id=id, words=words, voiced=line)]
    return await talked(database, scene(), *entries, at=at)


async def test_what_was_said_in_ones_own_language_is_in_no_measure_of_the_practised_one(database: Database) -> None:
    english = "I would like a cup of coffee because I am tired today my friend"
    chinese = " ".join("我想要一杯咖啡因为今天很累我的朋友现在已经很晚了所以我想早一点回家休息")
    plain, mixed = [
        await spoken_talk(database, at, *texts)
        for at, texts in ((NOON, [english]), (NOON + 1_000, [chinese, english, chinese]))
    ]
    told = []
    for id in (plain, mixed):
        await make(database, id)
        content = (await report(database, id)).parts["measures"].content
        assert isinstance(content, Measures)
        told.append({item.id: item.value for item in content.items})
    assert {id for id in told[0] if told[0][id] != told[1][id]} <= {"monologue", "talk_share", "answer_delay"}
    assert told[1]["monologue"] != told[0]["monologue"]


async def test_measures_and_words_are_told_beside_those_of_the_last_practice(database: Database) -> None:
    first = await spoken_talk(database, NOON, "I would like a cup of coffee because I am tired today my friend")
    await make(database, first)
    second = await spoken_talk(database, NOON + 1000, "I would like a cup of wonderful coffee because I am tired today")
    await make(database, second)
    parts = (await report(database, second)).parts
    measures, vocabulary = parts["measures"].content, parts["vocabulary"].content

    assert isinstance(measures, Measures)
    assert isinstance(vocabulary, Vocabulary)
    pace = next(item for item in measures.items if item.id == "pace")
    assert pace.value is not None
    assert pace.previous is not None
    assert "mattr" in {item.id for item in vocabulary.items}
    assert "mattr" not in {item.id for item in measures.items}
    assert [word.word for word in vocabulary.new_words] == ["wonderful"]
    assert vocabulary.new_words[0].clip.quote == "wonderful"
    assert vocabulary.range is None


async def test_a_conversation_tells_which_practice_it_was(database: Database) -> None:
    id = await talked(database, scene(), "She go home.")
    row = await PracticeStore(database).get("ann", id)

    assert await ConversationStore(database).practices_of([row.conversation_id, "conv_x"]) == {row.conversation_id: id}


async def test_a_talk_that_a_dead_server_left_gets_its_report_later_and_only_once(database: Database) -> None:
    id = await talked(database, scene(), "She go home.")
    now = NOON + LEFT_MS + 30_000
    jobs, asked = JobsHere(), Here()
    reports = Reports(ReportStore(database, lambda: now), PracticeStore(database), jobs, written)  # type: ignore[arg-type]
    begun = [await reports.catch_up(asked, {}) for _ in range(2)]
    late = Reports(ReportStore(database, lambda: NOON + 1000), PracticeStore(database), jobs, written)  # type: ignore[arg-type]

    assert begun == [{"begun": 1}, {"begun": 0}]
    assert jobs.submitted == [{"practice": id, "number": 1, "kind": "language"}]
    assert await late.catch_up(asked, {}) == {"begun": 0}

"""Roles and scenes: what their files may say, and one's own."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from pipeline.errors import SettingError
from pipeline.practice.practice import InterviewSetup
from server.errors import NotFound, PreconditionFailed, QuotaExceeded, TooLarge, ValidationFailed
from server.practice.planning.by_model import FITTED
from server.practice.planning.interview import InterviewAsked, planned_interview
from server.practice.templates.catalogue import Templates
from server.practice.templates.file_format import TAKEN
from server.practice.templates.reading import load_templates, problems_of
from server.practice.templates.store import OwnTemplates
from server.settings import Settings
from server.storage.database import Database
from server.storage.tables.practice import practice_templates
from tests.server.practice.practising import BAKER, BAKER_FILE, BAKERY_FILE, FILES

Change = Callable[[dict[str, Any]], Any]


def changed(file: Any, change: Change) -> dict[str, Any]:
    data = copy.deepcopy(dict(file))
    change(data)
    return data


def test_what_comes_with_us_is_right_and_can_be_practised_in_both_languages() -> None:
    for id, (template, _) in load_templates(Settings().characters.folder / "practice").items():
        assert list(template.languages) == ["en", "zh"], id


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        (lambda file: file.pop("kind"), "kind", "is missing"),
        (lambda file: file.update(kind="song"), "kind", "must be interview or language"),
        (lambda file: file.pop("en") and file.pop("zh"), "en", "needs a table"),
        (lambda file: file["en"].update(titel="x"), "en.titel", "Did you mean `title`?"),
        (lambda file: file["en"].pop("opening"), "en.opening", "is missing"),
        (lambda file: file["en"]["steps"][1].update(id="order"), "en.steps.1.id", "id of another one"),
        (lambda file: file["en"]["steps"][1].update(ask=[]), "en.steps.1.ask", "at least 1"),
        (lambda file: file["en"]["steps"][1].update(ask=["x" * 501]), "en.steps.1.ask.0", "at most 500"),
        (lambda file: file["en"]["steps"][0].update(phrases=["hi"]), "en.steps.0.phrases", "none of `phrases`"),
        (lambda file: file["zh"]["steps"].pop(), "zh.steps", "differ from those of `en`: `pay`"),
        (lambda file: file["zh"]["phrases"].append({"id": "love", "text": "x"}), "zh.phrases", "of `en`: `love`"),
        (lambda file: file["en"]["steps"][0].update(id="card-1"), "en.steps.0.id", "every plan may have"),
        (lambda file: file["en"]["steps"].clear(), "en.steps", "at least 1"),
        (lambda file: file.update(levels=["D1"]), "levels.0", "A1"),
        (lambda file: file.update(fr={}), "fr", "is not a known field"),
    ],
)
def test_what_is_wrong_is_told_by_field_in_a_sentence(change: Change, field: str, said: str) -> None:
    first = problems_of(changed(BAKERY_FILE, change))[0]
    assert first.field == field
    assert said in first.message


def test_no_question_has_the_id_of_a_step_that_plans_have_of_themselves() -> None:
    setup = InterviewSetup(
        "baker", minutes=60, advert="Bread", resume="Led a team of six and cut waste by 30% in a year."
    )
    practice = planned_interview(InterviewAsked("prac_1", "en", "en", "interviewer", setup, BAKER, "seed"))
    planned = [step.id for step in practice.steps if step.id not in {one.id for one in BAKER.shown("en").questions}]
    assert len(planned) == 4
    assert [id for id in planned if not TAKEN.fullmatch(id)] == []
    for id in (*planned, f"{FITTED}-1"):
        file = changed(BAKER_FILE, lambda file: file.pop("zh"))
        file["en"]["questions"][0]["id"] = id
        first = problems_of(file)[0]
        assert (first.field, "every plan may have" in first.message) == ("en.questions.0.id", True)


def test_a_question_has_the_same_kind_and_levels_in_both_languages() -> None:
    wrong = changed(BAKER_FILE, lambda file: file["zh"]["questions"][0].update(kind="case"))
    assert [(one.field, "burnt-batch" in one.message) for one in problems_of(wrong)] == [("zh.questions", True)]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("scenes/cafe.toml", "id = 'bar'\nkind = 'language'", "cafe.toml: `goals` is missing"),
        ("scenes/cafe.toml", "id = ", "cafe.toml: not a TOML file"),
        ("scenes/bar.toml", None, "`id` must be 'bar', as the file is called"),
        ("interviews/bakery.toml", None, "`kind` must be 'interview' in the folder 'interviews'"),
        ("scenes/bakery.toml", "[zh]", "`en` and `zh` must both be there"),
    ],
)
def test_a_wrong_file_stops_the_start_with_its_name(tmp_path: Path, name: str, text: str | None, said: str) -> None:
    whole = (FILES / "scenes/bakery.toml").read_text("utf-8")
    path = tmp_path / name
    path.parent.mkdir()
    path.write_text(whole if text is None else whole.partition(text)[0] if text == "[zh]" else text, "utf-8")
    with pytest.raises(SettingError) as raised:
        load_templates(tmp_path)
    assert said in raised.value.message


ONE_LANGUAGE = changed(BAKERY_FILE, lambda file: file.pop("zh"))


async def test_ones_own_may_be_in_one_language_and_is_nobody_elses(database: Database) -> None:
    own = OwnTemplates(database)
    templates = Templates({}, own)
    id = await own.create("ann", ONE_LANGUAGE)
    kept = await templates.get("ann", id)
    assert (kept.parsed.languages, kept.parsed.shown("zh").title, kept.version, kept.mine) == (
        ["en"],
        "At the baker's",
        1,
        True,
    )
    assert [one.id for one in await templates.all("ann", "language")] == [id]
    assert (await templates.all("ann", "interview"), await templates.all("ben")) == ([], [])
    with pytest.raises(NotFound):
        await templates.get("ben", id)
    with pytest.raises(NotFound):
        await own.save("ben", id, ONE_LANGUAGE, None)
    with pytest.raises(NotFound):
        await own.delete("ben", id)
    await own.delete("ann", id)
    with pytest.raises(NotFound):
        await own.get("ann", id)


async def test_of_two_edits_of_one_version_the_second_is_refused(database: Database) -> None:
    own = OwnTemplates(database)
    id = await own.create("ann", ONE_LANGUAGE)
    await own.save("ann", id, BAKER_FILE, 1)
    with pytest.raises(PreconditionFailed):
        await own.save("ann", id, ONE_LANGUAGE, 1)
    row = await own.get("ann", id)
    assert (row.kind, row.version, row.file["id"]) == ("interview", 2, "own")


async def test_limits_of_ones_own_are_told(database: Database) -> None:
    own = OwnTemplates(database, most=2)
    for _ in range(2):
        await own.create("ann", ONE_LANGUAGE)
    with pytest.raises(QuotaExceeded) as full:
        await own.create("ann", ONE_LANGUAGE)
    assert full.value.code == "too_many_templates"
    await own.create("ben", ONE_LANGUAGE)


async def test_a_file_that_is_wrong_or_too_large_is_not_kept(database: Database) -> None:
    own = OwnTemplates(database)
    with pytest.raises(ValidationFailed) as wrong:
        await own.create("ann", {"kind": "language", "en": {"title": "x"}})
    assert "file.goals" in [fault.field for fault in wrong.value.fields]
    steps = [{"id": f"s{n}", "title": "t", "ask": ["字" * 500] * 5, "words": ["字" * 80] * 60} for n in range(12)]
    large = changed(ONE_LANGUAGE, lambda file: file["en"].update(steps=steps))
    with pytest.raises(TooLarge):
        await own.create("ann", large)
    assert await own.all("ann") == []


async def test_one_that_an_older_version_kept_otherwise_does_not_hide_the_others(database: Database) -> None:
    own = OwnTemplates(database)
    old, new = [await own.create("ann", ONE_LANGUAGE) for _ in range(2)]
    async with database.write() as connection:
        spoilt = update(practice_templates).where(practice_templates.c.id == old)
        await connection.execute(spoilt.values(file={"kind": "language", "steps": []}))
    assert [one.id for one in await Templates({}, own).all("ann")] == [new]

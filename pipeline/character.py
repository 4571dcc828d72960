"""A character as data, read from its file and checked.

A file holds what does not depend on language at the top and one table per language, so that a translator works on one
block. Parsed, every text is a mapping from BCP 47 primary tag to text, the character's default language first.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from pipeline.errors import InvalidRequest
from pipeline.fields import Fields

T = TypeVar("T")

Texts: TypeAlias = Mapping[str, str]
Lists: TypeAlias = Mapping[str, tuple[str, ...]]

PHRASES = (
    *("nods", "no_matter", "unclear", "beyond", "offer", "recall"),
    *("hello_name", "by_name", "your_name", "no_name", "crisis", "failed"),
)
"""Stock phrases: nods go before the next question, no_matter after a no; unclear when nothing could be made of what was
heard, beyond when only a language model could answer; offer names `{topics}`; recall returns to an earlier `{answer}`;
hello_name on learning `{name}`, by_name to use it now and then, your_name and no_name when asked for it; crisis when
someone may hurt themselves; failed when an engine broke down and there is no other answer."""

CONDITIONS = (
    *("always", "short", "vague", "numbers", "no_numbers", "story", "no_story", "we", "fillers"),
    *("all_good", "some_good"),
)
"""What a `Remark` may depend on; the scripted model decides which hold."""

PROSE_LIMIT = 3000
LANGUAGE_LIMIT = 8


@dataclass(frozen=True, slots=True)
class Question:
    """A question the character likes to ask, and how it goes on, line after line, from whatever the person answers."""

    ask: str
    then: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a person might say, what the character answers (any of `says`), and how it goes on, line after line."""

    heard: tuple[str, ...]
    says: tuple[str, ...]
    then: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remark:
    """A line for when one of `CONDITIONS` holds and there is something to say for its placeholders.

    `{quote}`: a piece of what was said; `{good}` of `{total}` sentences were right; `{practise}`: one that was not.
    """

    when: str
    says: str


@dataclass(frozen=True, slots=True)
class Step:
    """One question of a plan, or one sentence of a drill.

    ask: ways to put it, the first one first.
    when: the choice that brings this step in; empty means always.
    expects: answers that are right, each as words that should be heard; empty means any answer is.
    model: the sentence a learner is led to; tip: one remark about it.
    follow_ups: at most one is asked, the first whose condition holds.
    """

    id: str
    ask: tuple[str, ...]
    when: str = ""
    expects: tuple[str, ...] = ()
    model: str = ""
    tip: str = ""
    follow_ups: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """A slip learners often make, and the remark that puts it right in passing."""

    heard: tuple[str, ...]
    says: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A talk that leads from a beginning to an end: an interview, or a drill of the language `practises`.

    choices: groups of words that choose steps ("role" -> "teacher" -> words); the last of a group is its default.
    closing: one entry per closing turn; of its remarks the first whose condition holds is said.
    praise, hints, move_on: after a right answer, a first and a second wrong one; hints may hold `{model}`.
    again: words that start the plan anew once it is over.
    """

    steps: tuple[Step, ...]
    closing: tuple[tuple[Remark, ...], ...]
    practises: str = ""
    choices: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    praise: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    move_on: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    again: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Character:
    """Someone to talk to. Texts are per language; `voice` is an engine's voice or a wish such as "female-2".

    engine: "speech_model" for one that hears and speaks itself, "separate" for recogniser, language model and voice; empty
    for what the server's settings say.
    """

    id: str
    languages: tuple[str, ...]
    accent: str
    portrait: str
    name: Texts
    line: Texts
    who: Texts
    manner: Texts
    greeting: Texts
    voice: Texts
    limits: Texts
    topics: Lists
    questions: Mapping[str, tuple[Question, ...]]
    exchanges: Mapping[str, tuple[Exchange, ...]]
    phrases: Mapping[str, Lists]
    plan: Mapping[str, Plan]
    engine: str = ""

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def default_language(self) -> str:
        return self.languages[0]


def text_in(mapping: Mapping[str, T], language: str) -> T:
    """The entry for `language` ("zh-CN" finds "zh"), else the first, which is the default language's."""
    tag = language.partition("-")[0].lower()
    return mapping[tag] if tag in mapping else next(iter(mapping.values()))


def load_characters(folder: Path) -> dict[str, Character]:
    """Every `*.toml` in `folder` by id, in order of file name. Errors name the file and the field."""
    characters: dict[str, Character] = {}
    for path in sorted(folder.glob("*.toml")):
        character = load_character(path)
        if character.id in characters:
            raise InvalidRequest(f"{path.name}: the id {character.id!r} is taken by another file.", param="id")
        characters[character.id] = character
    return characters


def load_character(path: Path) -> Character:
    """The character in one file."""
    try:
        return parse_character(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"{path.name}: not a TOML file: {error}", param=path.name) from error
    except InvalidRequest as error:
        raise InvalidRequest(f"{path.name}: {error.message}", code=error.code, param=error.param) from error


def parse_character(data: Mapping[str, Any]) -> Character:
    """A character from untrusted data. Raises `InvalidRequest` whose `param` is the dotted path of what is wrong."""
    top = Fields(data, "")
    id_ = top.text("id", pattern=r"[a-z0-9]+(-[a-z0-9]+)*", limit=64, hint="small letters, digits and hyphens")
    languages = _languages(top)
    accent = top.text("accent", pattern=r"#[0-9a-fA-F]{6}", default="#5b6470", hint="a colour such as #5b6470")
    engine = top.text("engine", default="", pattern="speech_model|separate", hint="speech_model or separate")
    portrait = top.text("portrait", default=id_, pattern=r"[a-z0-9-]+", limit=64, hint="small letters and hyphens")
    tables = {language: top.table(language) for language in languages}
    top.done()

    def each(read: Callable[[Fields], T]) -> dict[str, T]:
        return {language: read(table) for language, table in tables.items()}

    character = Character(
        id=id_,
        languages=languages,
        accent=accent,
        portrait=portrait,
        name=each(lambda table: table.text("name", limit=80)),
        line=each(lambda table: table.text("line", default="")),
        who=each(lambda table: table.text("who", limit=PROSE_LIMIT)),
        manner=each(lambda table: table.text("manner", default="", limit=PROSE_LIMIT)),
        greeting=each(lambda table: table.text("greeting")),
        voice=each(lambda table: table.text("voice", default="neutral", limit=120)),
        limits=each(lambda table: table.text("limits", default="", limit=PROSE_LIMIT)),
        topics=each(lambda table: table.texts("topics", limit=80)),
        questions=each(lambda table: tuple(map(_question, table.items("questions")))),
        exchanges=each(lambda table: tuple(map(_exchange, table.tables("exchanges")))),
        phrases=each(lambda table: _phrases(table.table("phrases", optional=True))),
        plan={tag: _plan(table.table("plan")) for tag, table in tables.items() if "plan" in table.data},
        engine=engine,
    )
    for table in tables.values():
        table.done()
    return character


def _languages(top: Fields) -> tuple[str, ...]:
    languages = top.texts("languages", limit=8)
    if not 1 <= len(languages) <= LANGUAGE_LIMIT:
        raise InvalidRequest(f"`languages` needs 1 to {LANGUAGE_LIMIT} entries.", param="languages")
    for index, language in enumerate(languages):
        if not re.fullmatch(r"[a-z]{2,3}", language) or language in languages[:index]:
            raise InvalidRequest(
                f"{language!r} is not a language tag such as `en` or `zh`, or is there twice.",
                param=f"languages.{index}",
            )
    default = top.text("default_language", default=languages[0])
    if default not in languages:
        raise InvalidRequest("`default_language` is not one of `languages`.", param="default_language")
    return (default, *(language for language in languages if language != default))


def _question(item: str | Fields) -> Question:
    if isinstance(item, str):
        return Question(item)
    question = Question(item.text("ask"), item.texts("then"))
    item.done()
    return question


def _exchange(table: Fields) -> Exchange:
    exchange = Exchange(table.texts("heard", least=1), table.texts("says", least=1), table.texts("then"))
    table.done()
    return exchange


def _phrases(table: Fields) -> dict[str, tuple[str, ...]]:
    phrases = {key: table.texts(key) for key in PHRASES}
    table.done()
    return phrases


def _remark(table: Fields) -> Remark:
    when = table.text("when", default="always")
    if when not in CONDITIONS:
        raise InvalidRequest(f"{when!r} is not one of {', '.join(CONDITIONS)}.", param=f"{table.path}.when")
    remark = Remark(when, table.text("says"))
    table.done()
    return remark


def _step(table: Fields) -> Step:
    step = Step(
        id=table.text("id", limit=64),
        ask=table.texts("ask", least=1),
        when=table.text("when", default="", limit=64),
        expects=table.texts("expects"),
        model=table.text("model", default=""),
        tip=table.text("tip", default=""),
        follow_ups=tuple(map(_remark, table.tables("follow_ups"))),
    )
    table.done()
    return step


def _correction(table: Fields) -> Correction:
    correction = Correction(table.texts("heard", least=1), table.text("says"))
    table.done()
    return correction


def _plan(table: Fields) -> Plan:
    groups = table.table("choices", optional=True)
    plan = Plan(
        steps=tuple(map(_step, table.tables("steps"))),
        closing=tuple(tuple(map(_remark, turn.tables("remarks", last=True))) for turn in table.tables("closing")),
        practises=table.text("practises", default="", limit=8),
        choices={name: _choice(groups.table(name)) for name in groups.data},
        praise=table.texts("praise"),
        hints=table.texts("hints"),
        move_on=table.texts("move_on"),
        corrections=tuple(map(_correction, table.tables("corrections"))),
        again=table.texts("again"),
    )
    table.done()
    if not plan.steps or not plan.closing:
        raise InvalidRequest(f"`{table.path}` needs `steps` and `closing`.", param=table.path)
    return plan


def _choice(table: Fields) -> dict[str, tuple[str, ...]]:
    return {name: table.texts(name) for name in table.data}

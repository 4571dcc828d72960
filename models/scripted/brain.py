"""One reply: a row of moves, of which the first that has something to say is made. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path

from models.scripted.intents import Intent, is_question
from models.scripted.memory import WINDOW, Talk, Turn, answers, key_of, name_in, name_of, was_heard
from models.scripted.plan import Lead, progress_of
from models.scripted.retrieval import Index, Match
from models.scripted.skills import computed
from models.scripted.words import FUNCTION_WORDS, HAN, language_of, length, plain, quote, squash, tokens
from pipeline.character import Character, Exchange, load_characters, text_in

SURE, SURE_WHILE_LEADING, LIKELY = 0.56, 0.8, 0.45
"""How well an exchange must fit: to be said, to interrupt a plan, and to answer a question for want of a better one.

Over 230 paraphrases and 300 unrelated remarks, 0.56 missed 5 % of the former and took 1 % of the latter."""

KNOWN_SHARE = 0.34
"""Share of known words below which something unintelligible was heard."""

RECALL_AFTER = 6
BY_NAME_EVERY = 7
FEW_EXCHANGES = 10
NAME_ONLY = 6
"""Words up to which a message that tells a name, or that one does not know, says nothing else."""

LONGEST_REPLY = 700

_AFTER_HAN_STOP = re.compile(rf"(?<=[，。！？；：”])\s+(?=[{HAN}“])")
"""Chinese sentences follow one another without a space."""


@dataclass(frozen=True)
class Book:
    """A character's lines in one language, with our general ones where its file has none."""

    character: Character
    language: str
    index: Index
    exchanges: tuple[Exchange, ...]
    chains: tuple[tuple[str, ...], ...]
    phrases: Mapping[str, tuple[str, ...]]
    words: frozenset[str]


@lru_cache(maxsize=1)
def general() -> Character:
    """The lines of a character whose file has none of its own."""
    return load_characters(Path(__file__).parent)["general"]


@lru_cache(maxsize=64)
def book_of(character: Character, language: str) -> Book:
    """The book of a character; kept, since indexing takes a few milliseconds."""
    own, ours = text_in(character.exchanges, language), text_in(general().exchanges, language)
    exchanges = tuple(
        Exchange(e.heard, tuple(_introduced(line, character, language) for line in e.says), e.then)
        for e in (own if own is ours or len(own) >= FEW_EXCHANGES else own + ours)
    )
    questions = text_in(character.questions, language)
    phrases, spare = text_in(character.phrases, language), text_in(general().phrases, language)
    chains = [(says, *e.then) for e in exchanges for says in e.says] + [(q.ask, *q.then) for q in questions]
    words = (token for e in exchanges for line in (*e.heard, *e.says, *e.then) for token in tokens(line))
    return Book(
        character,
        language,
        Index(exchanges),
        exchanges,
        tuple(chains),
        {key: phrases[key] or spare[key] for key in spare},
        frozenset(words) | FUNCTION_WORDS,
    )


def _introduced(line: str, character: Character, language: str) -> str:
    own = text_in(character.line, language)
    return " ".join(line.replace("{own_name}", text_in(character.name, language)).replace("{line}", own).split())


def reply_to(character: Character, turns: tuple[Turn, ...], language: str, now: datetime) -> str:
    """What the character says next in a conversation begun in `language`; never empty, never marked up."""
    said_before = [turn.said for turn in turns]
    for said in said_before:
        language = language_of(said, character.languages, language)
    talk = Talk(turns)
    if not turns[-1].line and not turns[-1].said.strip() and len(turns) == 1:
        return plain(text_in(character.greeting, language))
    text = plain(Brain(character, talk, language, now).reply())
    return _AFTER_HAN_STOP.sub("", text)[:LONGEST_REPLY]


class Brain:
    """A character about to answer the last turn of a talk."""

    def __init__(self, character: Character, talk: Talk, language: str, now: datetime) -> None:
        self._character, self._talk, self._now = character, talk, now
        self._said = plain(talk.said)[:2000]
        self._progress = progress_of(character, talk)
        self._language = self._instructing(language)
        self._book = book_of(character, self._language)
        plan = text_in(character.plan, self._language) if character.plan else None
        self._lead = Lead(character, plan, self._progress, talk) if plan else None

    def reply(self) -> str:
        """The first move that has something to say."""
        moves = (
            self._silence,
            self._say_again,
            self._remember,
            self._compute,
            self._take_farewell,
            self._restart,
            self._exchange,
            self._follow_plan,
            self._go_on,
            self._likely_exchange,
            self._miss,
            self._recall,
            self._ask,
            self._offer,
        )
        return next((text for move in moves if (text := move())), "") or self._anything()

    # --- Moves, in order ---------------------------------------------------------------------------------------------

    def _silence(self) -> str:
        if squash(self._said):
            return ""
        return self._joined(self._fresh("unclear"), self._lead.again() if self._leading else "") or self._ask()

    def _say_again(self) -> str:
        """Asked to, the character does repeat itself."""
        if not Intent.REPEAT.within(self._said):
            return ""
        last = self._talk.turns[-1].line
        if self._leading and self._progress.pending:
            return self._lead.again() if self._lead else ""
        whole = self._talk.last_of(line for chain in self._book.chains for line in chain if "{" not in line)
        return whole or last

    def _remember(self) -> str:
        if Intent.ASK_NAME.within(self._said):
            return self._with_name("your_name") if self._name else self._fresh("no_name")
        if Intent.ASK_MEMORY.within(self._said):
            return self._recalled(after=0)
        return ""

    def _compute(self) -> str:
        return computed(self._said, self._language, self._now)

    def _take_farewell(self) -> str:
        """A goodbye ends in a goodbye, however the rest of the message might be taken."""
        fits = Intent.FAREWELL.within(self._said) and len(self._said) < 80 and not self._learning
        return self._best_line() if fits and self._match and self._match.score >= LIKELY else ""

    def _restart(self) -> str:
        return self._joined(self._nod(), self._lead.start()) if self._lead and self._lead.wants_again() else ""

    def _exchange(self) -> str:
        """What the file has for just this; then back to the plan, or on to a question if none was asked lately."""
        bar = SURE_WHILE_LEADING if self._leading and self._progress.pending else SURE
        if not self._match or self._match.score < bar or self._learning or self._introduces or self._chained:
            return ""
        line = self._best_line()
        if not line or line.rstrip('”"').endswith(("?", "？")):
            return line
        if self._leading and self._lead:
            return self._joined(line, self._lead.again())
        asked_lately = self._talk.turns[-1].line.rstrip().endswith(("?", "？"))
        if asked_lately or Intent.FAREWELL.within(self._said) or Intent.THANK.within(self._said):
            return line
        return self._joined(line, self._next_question())

    def _follow_plan(self) -> str:
        if not self._lead or not self._leading:
            return ""
        drilled = self._lead.step and self._lead.step.expects
        asks = self._progress.pending and is_question(self._said) and len(self._said) < 60
        if asks and not drilled and not self._stuck:
            return self._joined(self._best_line(LIKELY) or self._fresh("beyond"), self._lead.again())
        if self._introduces and length(self._said) <= NAME_ONLY and self._lead.evades():
            return self._joined(self._hello(), self._lead.again())
        return self._joined(self._correction(), self._lead.line(self._nod()))

    def _go_on(self) -> str:
        """The next line of what the character was on about, if the person answered it."""
        chain = self._chain()
        if not chain or self._introduces or self._garbled or Intent.REFUSE.within(self._said):
            return ""
        if is_question(self._said) and not Intent.GO_ON.within(self._said):
            return ""
        return self._joined(self._correction(), self._talk.fresh(chain) or "")

    def _likely_exchange(self) -> str:
        return self._best_line(LIKELY) if is_question(self._said) and not self._introduces else ""

    def _miss(self) -> str:
        """Honest about what cannot be answered; the second time running, an offer of what can."""
        if not self._garbled and (not is_question(self._said) or Intent.GO_ON.within(self._said)):
            return ""
        if self._missed_before:
            return self._offer()
        return self._fresh("unclear" if self._garbled else "beyond")

    def _recall(self) -> str:
        if self._introduces or len(self._talk.turns) < RECALL_AFTER:
            return ""
        recent = [squash(turn.line) for turn in self._talk.turns[-RECALL_AFTER:]]
        used = any(was_heard(key_of(line), text) for line in self._book.phrases["recall"] for text in recent)
        return "" if used else self._recalled(after=3)

    def _ask(self) -> str:
        question = self._next_question()
        return self._joined(self._correction() or self._nod(), question) if question else ""

    def _offer(self) -> str:
        topics = self._character.topics.get(self._language, ())
        line = self._fresh("offer")
        if not topics or not line:
            return ""
        asked = [squash(turn.line) for turn in self._talk.turns]
        unheard = [topic for topic in topics if not any(squash(topic) in text for text in asked)]
        chosen = (unheard or list(topics))[:3]
        last = "或者" if self._language == "zh" else ", or "
        comma = "、" if self._language == "zh" else ", "
        named = comma.join(chosen[:-1]) + last + chosen[-1] if len(chosen) > 1 else chosen[0]
        return line.replace("{topics}", named)

    def _anything(self) -> str:
        """Whatever was not said for longest. A file would have to be very short for this to repeat itself soon."""
        lines = [line for chain in self._book.chains for line in chain]
        return self._talk.freshest([*lines, *self._book.phrases["unclear"]])

    # --- What they are made of ---------------------------------------------------------------------------------------

    def _instructing(self, language: str) -> str:
        """The language to answer in: the person's, but in a drill the one the exercise was put in.

        A beginner who repeats a sentence in the language they learn has not asked to be taught in it.
        """
        asked = self._progress.language
        plan = self._character.plan.get(asked)
        drilling = plan and self._progress.pending and not self._progress.over and plan.practises == language
        return asked if drilling else language

    @cached_property
    def _match(self) -> Match | None:
        return self._book.index.best(self._said)

    @cached_property
    def _name(self) -> str:
        return name_of(self._talk)

    @cached_property
    def _introduces(self) -> bool:
        """Whether the name was told just now, and not already known."""
        return bool(name_in(self._said)) and self._name != name_of(Talk((Turn("", ""), *self._talk.turns[:-1])))

    @property
    def _leading(self) -> bool:
        return self._lead is not None and not self._progress.over

    @property
    def _learning(self) -> bool:
        """Whether this is the answer a drill waits for."""
        return self._lead is not None and self._leading and self._lead.expected

    @property
    def _stuck(self) -> bool:
        return Intent.STUCK.within(self._said) or Intent.SKIP.within(self._said)

    @property
    def _chained(self) -> bool:
        """Whether the person only says to go on, and there is more."""
        return not self._leading and Intent.GO_ON.within(self._said) and bool(self._chain())

    @cached_property
    def _garbled(self) -> bool:
        """Whether next to nothing of what was heard are words; one lone word may be a name, and answers a question."""
        heard = tokens(self._said)[:60]
        if any(not token.isascii() for token in heard):
            return False
        known = sum(token in self._book.words or self._book.index.knows(token) for token in heard)
        if len(heard) < 2:
            return not known and not self._talk.turns[-1].line.rstrip().endswith("?")
        return known < KNOWN_SHARE * len(heard)

    @property
    def _missed_before(self) -> bool:
        last = squash(self._talk.turns[-1].line)
        return any(was_heard(key_of(line), last) for key in ("unclear", "beyond") for line in self._book.phrases[key])

    def _fresh(self, key: str) -> str:
        return self._talk.fresh(self._book.phrases[key]) or ""

    def _best_line(self, least: float = 0.0) -> str:
        if not self._match or self._match.score < least:
            return ""
        return self._talk.fresh(self._match.exchange.says) or ""

    def _chain(self) -> list[str]:
        """What follows in the file on the last thing the character said, if that is still to be said."""
        line = self._talk.last_of(line for chain in self._book.chains for line in chain)
        chain = next((chain for chain in self._book.chains if line in chain), ()) if line else ()
        rest = chain[chain.index(line) + 1 :] if line else ()
        return [rest[0]] if rest and self._talk.fresh(rest[:1]) else []

    def _next_question(self) -> str:
        return self._talk.fresh(question.ask for question in text_in(self._character.questions, self._language)) or ""

    def _nod(self) -> str:
        if hello := self._hello():
            return hello
        if is_question(self._said):
            return ""
        recent = [turn.line for turn in self._talk.turns[-BY_NAME_EVERY:]]
        named_lately = any(self._name in line for line in recent) or len(recent) < BY_NAME_EVERY
        by_name = self._with_name("by_name") if self._name and not named_lately else ""
        return by_name or self._fresh("nods")

    def _hello(self) -> str:
        return self._with_name("hello_name") if self._introduces else ""

    def _with_name(self, key: str) -> str:
        return self._talk.freshest(self._book.phrases[key]).replace("{name}", plain(self._name))

    def _correction(self) -> str:
        """A slip of the learner put right in passing, if there was one."""
        plan = self._lead and text_in(self._character.plan, self._language)
        if not plan:
            return ""
        said = f" {' '.join(self._said.casefold().replace('’', chr(39)).split())} "
        slips = (c.says for c in plan.corrections if any(f" {slip} " in said.replace(".", " ") for slip in c.heard))
        return self._talk.fresh(slips) or ""

    def _recalled(self, after: int) -> str:
        """An earlier answer brought up again, the fullest that was not yet."""
        turns = self._talk.turns
        earlier = Talk(turns[: len(turns) - max(1, after)] or (Turn("", ""),))
        heard = [squash(turn.line) for turn in turns]
        line = self._fresh("recall")
        for answer in sorted(answers(earlier), key=len, reverse=True):
            piece = quote(answer)
            same = language_of(answer, self._character.languages, self._language) == self._language
            if piece and same and line and not any(squash(piece) in text for text in heard):
                return line.replace("{answer}", piece)
        return ""

    @staticmethod
    def _joined(*pieces: str) -> str:
        return " ".join(piece for piece in pieces if piece)


def lines_of(character: Character) -> Iterable[str]:
    """Every line of a character's file that may be spoken, for tests and for warming up."""
    for language in character.languages:
        yield from (line for chain in book_of(character, language).chains for line in chain)


__all__ = ["WINDOW", "Book", "Brain", "book_of", "general", "lines_of", "reply_to"]

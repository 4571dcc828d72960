"""One reply: a row of moves, of which the first that has something to say is made. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property

from models.scripted.intents import Intent, is_question
from models.scripted.lead import Lead
from models.scripted.memory import PastTurn, Talk, answers, key_of, name_of, was_heard
from models.scripted.progress import TalkProgress, progress_of
from models.scripted.retrieval import Match
from models.scripted.script import script_of
from models.scripted.skills import computed
from models.scripted.words import answer_language, quote, said_within
from pipeline.characters.character import Character, text_in
from pipeline.memory.commands import Command, CorrectName, Forget, Remember, command_in
from pipeline.memory.names import name_in
from pipeline.memory.words import FUNCTION_WORDS, HAN, plain, squash, tokens
from pipeline.practice.director.conditions import length

SURE, SURE_WHILE_LEADING, LIKELY = 0.56, 0.8, 0.45
"""How well an exchange must fit: to be said, to interrupt a plan, and to answer a question for want of a better one.

Over 230 paraphrases and 300 unrelated remarks, 0.56 missed 5 % of the former and took 1 % of the latter."""

KNOWN_SHARE = 0.3
"""Share of known words below which something unintelligible was heard."""

NAME_ONLY = 6
"""Words up to which a message that gives a name says nothing else."""

QUESTION_LENGTH = 60
"""Characters up to which a message that sounds like a question is one, and not the answer that a plan waits for."""

SAD = {"en": "i am sad", "zh": "我很难过"}
"""What bad news amounts to, in the words every file has an answer for."""

KNOWN = {"en": "You told me once: “{said}”.", "zh": "以前你告诉过我：“{said}”。"}
"""How it says what it knows from an earlier talk."""

ACKNOWLEDGED: Mapping[str, Mapping[type[Command], str]] = {
    "en": {
        Remember: "I'll remember that.",
        Forget: "Then it's forgotten.",
        CorrectName: "Thank you, I'll remember that.",
    },
    "zh": {Remember: "好，我记住了。", Forget: "好，那就忘了它。", CorrectName: "好，我记住了，谢谢。"},
}
"""What is said to an order about what is remembered."""

RECALL_AFTER = 6
BY_NAME_EVERY = 7
LONGEST_SAID = 2000
LONGEST_REPLY = 700

_CHINESE_GAP = re.compile(rf"(?<=[，。！？；：”])\s+(?=[{HAN}“])")
"""Chinese sentences follow one another without a space."""


def reply_to(
    character: Character, turns: Sequence[PastTurn], language: str, now: datetime, told: Sequence[str] = ()
) -> str:
    """What the character says next in a conversation begun in `language`; never empty, never marked up.

    told: what the person said in earlier talks.
    """
    for turn in turns:
        language = answer_language(turn.said, character.languages, language)
    if turns == (PastTurn("", ""),):
        return plain(character.greeting[language])
    text = plain(_Brain(character, Talk(turns), language, now, told).reply())
    return _CHINESE_GAP.sub("", text)[:LONGEST_REPLY]


def aside_to(character: Character, turns: Sequence[PastTurn], language: str) -> str:
    """A short answer to the last turn's question, of somebody who leads a practice and goes on with it then."""
    script, said = script_of(character, language), turns[-1].said[:LONGEST_SAID]
    match = script.index.best(plain(said))
    if match and match.score > LIKELY and not _asks(line := match.exchange.says[0]):
        return plain(line)
    return plain(next(line for line in script.phrases["beyond"] if "{" not in line))


class _Brain:
    """A character about to answer the last turn of a talk."""

    def __init__(
        self, character: Character, talk: Talk, language: str, now: datetime, told: Sequence[str] = ()
    ) -> None:
        self._character, self._talk, self._now, self._told = character, talk, now, told
        self._said = plain(talk.said[:LONGEST_SAID])
        self._progress = progress_of(character, talk) if character.plan else TalkProgress()
        self._language = self._instructing(language)
        self._script, self._spoken = script_of(character, self._language), script_of(character, language)
        self._plan = character.plan.get(self._language)
        self._lead = Lead(character, self._plan, self._progress, talk) if self._plan else None

    def reply(self) -> str:
        """The first move that has something to say."""
        moves = (
            self._carry_on,
            self._protect,
            self._say_again,
            self._console,
            self._acknowledge,
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

    def _carry_on(self) -> str:
        """Nothing was said, or nothing that could be made out."""
        if squash(self._said):
            return ""
        sorry = self._phrase("unclear") if self._talk.turns[-1].spoke else ""
        return _joined(sorry, self._leading.again() if self._leading else "" if sorry else self._next_question())

    def _say_again(self) -> str:
        """Asked to, the character does repeat itself; in a plan it puts its question in other words."""
        if not Intent.REPEAT.within(self._said):
            return ""
        if self._leading and self._progress.pending:
            return self._leading.again()
        whole = self._talk.last_of(line for line in self._script.lines if "{" not in line)
        return whole or self._talk.turns[-1].line

    def _protect(self) -> str:
        """Someone who may hurt themselves is sent to people, whatever is being played, and not let go at once."""
        danger = any(Intent.CRISIS.within(turn.said) for turn in self._talk.turns[-3:])
        return self._talk.freshest(self._spoken.phrases["crisis"]) if danger else ""

    def _console(self) -> str:
        """Bad news is met as sadness is, also in the middle of a plan."""
        if not Intent.GRIEF.within(self._said) or len(self._said) > QUESTION_LENGTH or self._expected:
            return ""
        sad = self._spoken.index.best(SAD.get(self._spoken.language, SAD["en"]))
        return self._talk.fresh(sad.exchange.says) if sad and sad.score > SURE else ""

    def _acknowledge(self) -> str:
        """An order to remember, to forget or to put right; what it is about is done by others."""
        order = None if self._expected else command_in(self._said)
        if order is None:
            return ""
        lines = ACKNOWLEDGED[self._language if self._language in ACKNOWLEDGED else "en"]
        return _joined(lines[type(order)], self._leading.again() if self._leading and self._progress.pending else "")

    def _remember(self) -> str:
        if Intent.ASK_NAME.within(self._said):
            return self._named("your_name") if self._name else self._phrase("no_name")
        return (self._recalled(after=1) or self._known()) if Intent.ASK_MEMORY.within(self._said) else ""

    def _compute(self) -> str:
        return computed(self._talk.said, self._language, self._now)

    def _take_farewell(self) -> str:
        """A goodbye is answered with a goodbye, plan or no plan."""
        leaves = Intent.FAREWELL.within(self._said) and len(self._said) < QUESTION_LENGTH and not self._expected
        return self._best_line(LIKELY) if leaves else ""

    def _restart(self) -> str:
        return _joined(self._nod(), self._lead.start()) if self._lead and self._lead.wants_again() else ""

    def _exchange(self) -> str:
        """What the file has for just this; then back to the plan, or on to a question if none was asked lately."""
        if self._expected or self._introduces or self._goes_on:
            return ""
        line = self._best_line(SURE_WHILE_LEADING if self._leading and self._progress.pending else SURE)
        if not line or _asks(line):
            return line
        if self._leading:
            return _joined(line, self._leading.again())
        parting = Intent.FAREWELL.within(self._said) or Intent.THANK.within(self._said)
        enough = parting or _asks(self._talk.turns[-1].line) or (self._match and self._match.exchange.then)
        return line if enough else _joined(line, self._next_question())

    def _follow_plan(self) -> str:
        lead = self._leading
        if not lead:
            return ""
        drilled = lead.step and lead.step.expects
        if self._progress.pending and not drilled and self._short_question and not Intent.SKIP.within(self._said):
            return _joined(self._best_line(LIKELY) or self._phrase("beyond"), lead.again())
        if self._introduces and length(self._said) <= NAME_ONLY and lead.evades():
            return _joined(self._hello(), lead.again())
        return _joined(self._correction(), lead.line(self._nod()))

    def _go_on(self) -> str:
        """The next line of what the character was on about, if the person answered it."""
        asks = is_question(self._said) and not Intent.GO_ON.within(self._said)
        new = asks and any(token not in FUNCTION_WORDS for token in tokens(self._said))
        if new or self._introduces or self._garbled or Intent.REFUSE.within(self._said):
            return ""
        return _joined(self._correction(), self._chained) if self._chained else ""

    def _likely_exchange(self) -> str:
        return self._best_line(LIKELY) if is_question(self._said) and not self._introduces else ""

    def _miss(self) -> str:
        """Honest about what cannot be answered; the second time running, an offer of what can."""
        if not self._garbled and (not is_question(self._said) or Intent.GO_ON.within(self._said)):
            return ""
        return self._offer() if self._missed_before else self._phrase("unclear" if self._garbled else "beyond")

    def _recall(self) -> str:
        if self._introduces or len(self._talk.turns) < RECALL_AFTER:
            return ""
        recent = self._talk.lines[-RECALL_AFTER:]
        used = any(was_heard(key_of(line), text) for line in self._script.phrases["recall"] for text in recent)
        return "" if used else self._recalled(after=3)

    def _ask(self) -> str:
        question = self._next_question()
        return _joined(self._correction() or self._nod(), question) if question else ""

    def _offer(self) -> str:
        topics, line = text_in(self._character.topics, self._language), self._phrase("offer")
        if not topics or not line:
            return ""
        unheard = [topic for topic in topics if not any(squash(topic) in text for text in self._talk.lines)]
        chosen = (unheard or list(topics))[:3]
        comma, last = ("、", "或者") if self._language == "zh" else (", ", ", or ")
        return line.replace("{topics}", last.join(filter(None, (comma.join(chosen[:-1]), chosen[-1]))))

    def _anything(self) -> str:
        """Whatever was not said for longest. A file would have to be very short for this to repeat itself soon."""
        return self._talk.freshest([*self._script.lines, *self._script.phrases["unclear"]])

    # --- What was said -----------------------------------------------------------------------------------------------

    def _instructing(self, language: str) -> str:
        """The language to answer in: the person's, but in a drill the one the exercise was put in.

        A beginner who repeats a sentence in the language they learn has not asked to be taught in it.
        """
        plan = self._character.plan.get(self._progress.language)
        drilling = plan and self._progress.pending and not self._progress.over and plan.practises == language
        return self._progress.language if drilling else language

    @cached_property
    def _match(self) -> Match | None:
        found = (script.index.best(self._said) for script in (self._script, self._spoken))
        return max(filter(None, found), key=lambda match: match.score, default=None)

    @cached_property
    def _name(self) -> str:
        return name_of(self._talk.turns) or self._known_name

    @cached_property
    def _known_name(self) -> str:
        """The name that was given in an earlier talk."""
        return next(filter(None, map(name_in, self._told)), "")

    @cached_property
    def _introduces(self) -> bool:
        """Whether the name was told just now, and not already known."""
        return bool(name_in(self._said)) and self._name != (name_of(self._talk.turns[:-1]) or self._known_name)

    @property
    def _leading(self) -> Lead | None:
        return self._lead if not self._progress.over else None

    @cached_property
    def _expected(self) -> bool:
        """Whether this is the answer a drill waits for, whatever else it might be taken for."""
        return self._leading is not None and self._leading.expected

    @property
    def _goes_on(self) -> bool:
        """Whether the person only says to go on, and there is more."""
        return not self._leading and Intent.GO_ON.within(self._said) and bool(self._chained)

    @property
    def _short_question(self) -> bool:
        return is_question(self._said) and len(self._said) < QUESTION_LENGTH

    @cached_property
    def _garbled(self) -> bool:
        """Whether next to nothing of what was heard are words; one lone word may be a name, and answers a question."""
        heard = tokens(self._said)[:60]
        if self._language != "en" or any(not token.isascii() for token in heard):
            return False
        known = sum(token in self._script.words for token in heard)
        if len(heard) == 1:
            return not known and not _asks(self._talk.turns[-1].line)
        return known < KNOWN_SHARE * len(heard)

    @property
    def _missed_before(self) -> bool:
        missed = (*self._script.phrases["unclear"], *self._script.phrases["beyond"])
        return any(was_heard(key_of(line), self._talk.lines[-1]) for line in missed)

    # --- Lines to make a reply of ------------------------------------------------------------------------------------

    def _phrase(self, kind: str) -> str:
        return self._talk.fresh(self._script.phrases[kind])

    def _best_line(self, least: float) -> str:
        return self._talk.fresh(self._match.exchange.says) if self._match and self._match.score >= least else ""

    @cached_property
    def _chained(self) -> str:
        """What follows in the file on the last thing the character said, if that is still to be said."""
        line = self._talk.last_of(self._script.lines)
        following = (chain[chain.index(line) + 1 :][:1] for chain in self._script.chains if line in chain)
        return self._talk.fresh(next(following, ())) if line else ""

    def _next_question(self) -> str:
        return self._talk.fresh(self._script.questions)

    def _nod(self) -> str:
        """A word of acknowledgement: a greeting by name at first, the name now and then, or a stock phrase."""
        if is_question(self._said) and not self._introduces:
            return ""
        recent = [turn.line for turn in self._talk.turns[-BY_NAME_EVERY:]]
        lately = len(recent) < BY_NAME_EVERY or any(self._name in line for line in recent)
        by_name = self._named("by_name") if self._name and not lately else ""
        shrugs = Intent.UNSURE.within(self._said) or Intent.REFUSE.within(self._said)
        return self._hello() or by_name or self._phrase("no_matter" if shrugs else "nods")

    def _hello(self) -> str:
        return self._named("hello_name") if self._introduces else ""

    def _named(self, kind: str) -> str:
        return self._talk.freshest(self._script.phrases[kind]).replace("{name}", self._name)

    def _correction(self) -> str:
        """A slip of the learner put right in passing, if there was one."""
        slips = self._plan.corrections if self._plan else ()
        return self._talk.fresh(c.says for c in slips if any(said_within(slip, self._said) for slip in c.heard))

    def _known(self) -> str:
        """What the person said in an earlier talk, one thing that was not brought up yet; else their name."""
        for said in self._told:
            piece = quote(said)
            same = answer_language(said, self._character.languages, self._language) == self._language
            if piece and same and not name_in(said) and not any(squash(piece) in text for text in self._talk.lines):
                return text_in(KNOWN, self._language).replace("{said}", piece)
        return self._named("your_name") if self._known_name else ""

    def _recalled(self, after: int) -> str:
        """An earlier answer brought up again, the fullest that was not yet."""
        line = self._phrase("recall")
        for answer in sorted(answers(self._talk.turns[:-after]), key=len, reverse=True):
            piece = quote(answer)
            same = answer_language(answer, self._character.languages, self._language) == self._language
            if line and piece and same and not any(squash(piece) in text for text in self._talk.lines):
                return line.replace("{answer}", piece)
        return ""


def _joined(*pieces: str) -> str:
    return " ".join(piece for piece in pieces if piece)


def _asks(line: str) -> bool:
    return line.rstrip(" ”\"'").endswith(("?", "？"))

"""The turn machine in every reachable state against every event, and in long random conversations.

A `Witness` judges: it knows the rules of the effects, but not how the machine keeps them.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy, deepcopy
from functools import cache
from itertools import product
from typing import TypeAlias

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from pipeline.turns.dialogue import BargeIn, Dialogue, Person, Policy
from pipeline.turns.events import (
    AudioCommitted,
    AudioDiscarded,
    CloseUtterance,
    DiscardUtterance,
    DoubtLasted,
    DraftUtterance,
    DropReply,
    Effect,
    Event,
    IdleTimedOut,
    InterruptReply,
    OpenUtterance,
    PartialRecognized,
    PausePlayback,
    ReleaseReply,
    ReplyCancelled,
    ReplyFailed,
    ReplyGenerated,
    ReplyPlayed,
    ReplyRequested,
    ReportUnexpected,
    ResumePlayback,
    SetAside,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    SpeechStopped,
    StartReply,
    UtteranceDrafted,
    UtteranceRecognized,
)
from pipeline.turns.interruption import Sound, Verdict


class Witness:
    """Follows a conversation from outside; `complaints` says which rules were broken."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.turns = self.replies = 0
        self.open: int | None = None
        self.deciding: int | None = None
        self.awaited: set[int] = set()
        self.overtaken: set[int] = set()
        self.row: list[int] = []
        self.gated = False
        self.paused, self.sent = set[int](), set[int]()
        self.answered: set[int] = set()
        self.owed: set[int] = set()
        self.aside: set[int] = set()

    def follow(self, event: Event, dialogue: Dialogue) -> None:
        """Let the dialogue receive the event and judge what it does."""
        before = len(self.complaints)
        fits, state = self._fits(event, dialogue), vars(dialogue).copy()
        effects = dialogue.receive(event)
        reported = any(isinstance(effect, ReportUnexpected) for effect in effects)
        self._require(reported != fits, "what does not fit, and nothing else, is reported")
        if reported:
            self._require(len(effects) == 1 and vars(dialogue) == state, "what does not fit changes nothing")
        else:
            self._note(event, effects, dialogue.policy)
            for effect in effects:
                self._judge(effect, event)
        self._compare(dialogue)
        self.complaints[before:] = [f"{event} -> {effects}: {text}" for text in self.complaints[before:]]

    def _require(self, kept: bool, rule: str) -> None:
        if not kept:
            self.complaints.append(rule)

    def _fits(self, event: Event, dialogue: Dialogue) -> bool:
        match event:
            case SpeechStarted():
                return self.open is None
            case SpeechPaused() | SpeechResumed():
                return dialogue.person is (Person.SPEAKING if isinstance(event, SpeechPaused) else Person.PAUSING)
            case SpeechStopped():
                return self.open is not None
            case PartialRecognized(turn):
                return turn in self.awaited
            case UtteranceRecognized(turn):
                return turn in self.awaited and turn != self.open
            case UtteranceDrafted(turn):
                return 0 < turn <= self.turns
            case DoubtLasted(turn):
                return bool(self.paused) and turn == self.turns
            case IdleTimedOut():
                return not (self.open or self.deciding or self.overtaken or self.row)
            case ReplyRequested():
                return not self.row or self.gated or self.row[-1] in self.sent
            case ReplyCancelled():
                return bool(self.row)
            case ReplyGenerated(reply):
                return reply in self.row[-1:]
            case ReplyPlayed(reply) | ReplyFailed(reply):
                return reply in self.row
            case _:
                return True

    def _note(self, event: Event, effects: list[Effect], policy: Policy) -> None:
        aside = {effect.turn for effect in effects if isinstance(effect, SetAside) and effect.verdict}
        taken_up = {effect.turn for effect in effects if isinstance(effect, SetAside) and not effect.verdict}
        self._require(taken_up <= self.aside, "only what was set aside is taken up")
        self.aside -= taken_up
        match event:
            case ReplyPlayed(reply) | ReplyFailed(reply):
                self._end(reply)
            case ReplyGenerated(reply):
                self.sent.add(reply)
            case SpeechStopped():
                self.deciding = self.open
            case SpeechStarted() if self.deciding:
                self.overtaken.add(self.deciding)
            case UtteranceRecognized(turn, text):
                wanted = text.strip("。") and policy.answer and turn not in self.aside | aside
                if wanted and turn in self.overtaken | {self.deciding}:
                    self.owed.add(turn)
                self.deciding = None if turn == self.deciding else self.deciding
                self.overtaken.discard(turn)
                self.awaited.remove(turn)
            case ReplyCancelled():
                self.owed = set()
            case AudioCommitted():
                self.deciding = None
                self.owed, self.overtaken = set(), set()  # the client asks for the answer itself
        self.aside |= aside

    def _judge(self, effect: Effect, event: Event) -> None:
        match effect:
            case OpenUtterance(turn):
                self._require(self.open is None, "one utterance at a time")
                self._require(turn == self.turns + 1, "turns are numbered one after the other")
                self.open, self.turns, self.deciding = turn, turn, None
                self.awaited.add(turn)
            case DraftUtterance(turn):
                self._require(turn == self.open, "only the open utterance is drafted")
            case CloseUtterance(turn) | DiscardUtterance(turn):
                self._require(turn == self.open, "only the open utterance is closed or discarded, and once")
                self.open = None
                if isinstance(effect, DiscardUtterance):
                    self.awaited.remove(turn)
            case StartReply():
                self._judge_start(effect, event)
            case ReleaseReply(reply):
                self._require([reply] == self.row and self.gated, "only what waits behind the gate is released")
                self._answer(self.turns)
                self.gated = False
            case DropReply(reply):
                self._require([reply] == self.row and self.gated, "only what waits behind the gate is dropped")
                self._end(reply)
            case InterruptReply(reply):
                self._require(reply in self.row[:1] and not self.gated, "what is heard first is interrupted first")
                self._end(reply)
            case SetAside(turn, verdict):
                self._require(0 < turn <= self.turns, "only a turn is set aside")
                self._require(verdict is not Verdict.INTERRUPTION, "what interrupts is not set aside")
            case PausePlayback(reply):
                audible = reply in self.row and not self.gated and reply not in self.paused
                self._require(audible, "only what may be heard is paused")
                self.paused.add(reply)
            case ResumePlayback(reply):
                self._require(reply in self.paused, "only what is paused is resumed")
                self.paused.discard(reply)

    def _judge_start(self, start: StartReply, event: Event) -> None:
        queued = isinstance(event, ReplyRequested) and self.sent.issuperset(self.row)
        self._require(not self.row or queued, "one reply at a time, unless all before it are sent and only play on")
        self._require(start.reply == self.replies + 1, "replies are numbered one after the other")
        self._require(start.speculative == bool(start.draft), "a speculative reply, and no other, has a draft")
        self._require(not start.speculative or start.turn == self.turns, "speculation is about the current turn")
        self._require(start.turn is None or not self.overtaken, "a turn is answered when all words before it are known")
        self.row.append(start.reply)
        self.replies, self.gated = start.reply, start.speculative
        if not start.speculative:
            self._answer(start.turn)

    def _answer(self, turn: int | None) -> None:
        self._require(turn not in self.answered, "a turn is answered once")
        self._require(turn not in self.aside, "what was set aside is not answered")
        self.answered |= self.owed if turn is None else {*self.owed, turn}
        self.owed = set()

    def _end(self, reply: int) -> None:
        self.row.remove(reply)
        self.gated = False
        self.paused.discard(reply)
        self.sent.discard(reply)

    def _compare(self, dialogue: Dialogue) -> None:
        person, replies = dialogue.person, dialogue.replies
        self._require([reply.id for reply in replies] == self.row, "the replies are those that are not over")
        gated = [reply.id for reply in replies if reply.speculative]
        self._require(gated == (self.row if self.gated else []), "what waits behind the gate is alone")
        self._require({reply.id for reply in replies if reply.generated} == self.sent, "what is all sent is recorded")
        self._require(self.paused == (set(self.row) if dialogue.doubted else set()), "all are in doubt or none")
        self._require(all(reply.generated for reply in replies[:-1]), "only the last is still in the making")
        self._require(
            (person in (Person.SPEAKING, Person.PAUSING)) == (self.open is not None), "who speaks is recorded"
        )
        self._require((person is Person.DECIDING) == (self.deciding is not None), "deciding is waiting for words")
        self._require(not self.gated or person in (Person.PAUSING, Person.DECIDING), "speculation belongs to a pause")
        self._require(not self.paused or person is not Person.SILENT, "there is no doubt in silence")
        quiet = person is Person.SILENT and not self.row and not self.overtaken
        self._require(dialogue.at_rest == quiet, "it is at rest when nothing is said, heard or awaited")
        self._require(not (quiet and self.owed), "nothing that was asked stays unanswered")


ECHO = Sound(voiced_ms=300, echo=0.9)

Move: TypeAlias = Callable[[Dialogue], Event]


def current(dialogue: Dialogue) -> int:
    """The latest reply, if there is one."""
    return dialogue.reply.id if dialogue.reply else 0


def first(dialogue: Dialogue) -> int:
    """The reply that is heard first, if there is one."""
    return dialogue.replies[0].id if dialogue.replies else 0


MOVES: dict[str, Move] = {
    "speech starts": lambda _: SpeechStarted(1),
    "speech pauses": lambda _: SpeechPaused(3, ended=2),
    "speech resumes": lambda _: SpeechResumed(4),
    "speech stops": lambda _: SpeechStopped(6, ended=5),
    "the client commits": lambda _: AudioCommitted(7, 7),
    "the client discards": lambda _: AudioDiscarded(),
    "a partial is words": lambda dialogue: PartialRecognized(dialogue.turn, "what is"),
    "a partial is a backchannel": lambda dialogue: PartialRecognized(dialogue.turn, "yeah"),
    "a partial is late": lambda dialogue: PartialRecognized(dialogue.turn - 1, "what is"),
    "a partial is an echo": lambda dialogue: PartialRecognized(dialogue.turn, "what is", ECHO),
    "a draft is an echo": lambda dialogue: UtteranceDrafted(dialogue.turn, "what is it", ECHO),
    "a draft is a backchannel": lambda dialogue: UtteranceDrafted(dialogue.turn, "yeah"),
    "the voice was a blip": lambda dialogue: DoubtLasted(dialogue.turn, 64, 128),
    "the voice insists": lambda dialogue: DoubtLasted(dialogue.turn, 2_000, 0),
    "the voice is long over": lambda dialogue: DoubtLasted(dialogue.turn, 500, 1_200),
    "an older voice is long over": lambda dialogue: DoubtLasted(dialogue.turn - 1, 500, 1_200),
    "a draft is words": lambda dialogue: UtteranceDrafted(dialogue.turn, "what is it"),
    "a draft is nothing": lambda dialogue: UtteranceDrafted(dialogue.turn, ""),
    "a draft is punctuation": lambda dialogue: UtteranceDrafted(dialogue.turn, "。"),
    "a draft is late": lambda dialogue: UtteranceDrafted(dialogue.turn - 1, "what is it"),
    "the words are the draft's": lambda dialogue: UtteranceRecognized(dialogue.turn, "What is it?"),
    "the words are others": lambda dialogue: UtteranceRecognized(dialogue.turn, "What is it for?"),
    "the words are a backchannel": lambda dialogue: UtteranceRecognized(dialogue.turn, "Yeah."),
    "the words are an echo": lambda dialogue: UtteranceRecognized(dialogue.turn, "What is it?", ECHO),
    "the words are none": lambda dialogue: UtteranceRecognized(dialogue.turn, ""),
    "the words are punctuation": lambda dialogue: UtteranceRecognized(dialogue.turn, "。"),
    "the words are late": lambda dialogue: UtteranceRecognized(dialogue.turn - 1, "What is it?"),
    "the words before are late": lambda dialogue: UtteranceRecognized(dialogue.turn - 2, "And why?"),
    "the words before are none": lambda dialogue: UtteranceRecognized(dialogue.turn - 1, ""),
    "nobody says anything": lambda _: IdleTimedOut(5),
    "a reply is requested": lambda _: ReplyRequested(),
    "the client cancels": lambda _: ReplyCancelled(),
    "the reply is generated": lambda dialogue: ReplyGenerated(current(dialogue)),
    "the reply is played": lambda dialogue: ReplyPlayed(current(dialogue)),
    "the reply fails": lambda dialogue: ReplyFailed(current(dialogue)),
    "the first reply is played": lambda dialogue: ReplyPlayed(first(dialogue)),
    "the first reply fails": lambda dialogue: ReplyFailed(first(dialogue)),
    "an older reply is generated": lambda dialogue: ReplyGenerated(first(dialogue) - 1),
    "an older reply is played": lambda dialogue: ReplyPlayed(first(dialogue) - 1),
    "an older reply fails": lambda dialogue: ReplyFailed(first(dialogue) - 1),
}
"""Every event, told of the current turn and reply and of those before, with each kind of words."""

POLICIES = [
    Policy(answer=answer, barge_in=barge_in, speculate=speculate)
    for answer, barge_in, speculate in product([True, False], BargeIn, [True, False])
]


def name_of(policy: Policy) -> str:
    """A policy for the test's name."""
    return f"{policy.barge_in}{'-speculate' * policy.speculate}{'' if policy.answer else '-unasked'}"


# --- Every reachable state against every event -----------------------------------------------------------------------

State: TypeAlias = tuple[str, tuple[str, ...], bool, str, int]
"""The person, what is true of the replies, whether a turn waits for its answer, why the current one was set aside, how
many overtaken turns' words are awaited."""

Step: TypeAlias = tuple[State, str, State]

MOST_REPLIES, MOST_OVERTAKEN = 3, 2
"""Where exploration stops: more of them are no new kind of state."""


def state_of(dialogue: Dialogue) -> State:
    """The dialogue without its numbers."""
    flags = ["doubted"] * dialogue.doubted
    for reply in dialogue.replies:
        flags.append("speculative" if reply.speculative else "released")
        flags += ["generated"] * reply.generated
    aside = dialogue._dismissed
    why = aside.verdict.value if aside and aside.turn == dialogue.turn else ""
    waiting = dialogue._unanswered is not None
    return dialogue.person.value, tuple(flags or ["none"]), waiting, why, len(dialogue._overtaken)


@cache
def explore(policy: Policy) -> tuple[list[Step], list[str]]:
    """Every move from every reachable state, breadth first, and what was against the rules in it."""
    start = Dialogue(policy)
    seen, queue = {state_of(start)}, [(start, Witness())]
    steps, complaints = list[Step](), list[str]()
    for dialogue, witness in queue:
        for name, move in MOVES.items():
            after, judge = copy(dialogue), deepcopy(witness)
            judge.follow(move(after), after)
            state = state_of(after)
            steps.append((state_of(dialogue), name, state))
            complaints += judge.complaints
            if state not in seen and len(after.replies) <= MOST_REPLIES and state[4] <= MOST_OVERTAKEN:
                seen.add(state)
                queue.append((after, judge))
    return steps, complaints


@pytest.mark.parametrize("policy", POLICIES, ids=name_of)
def test_every_event_in_every_reachable_state_keeps_the_rules(policy: Policy) -> None:
    _steps, complaints = explore(policy)

    assert complaints == []


STOPPING = {"the client commits": "silent", "the client discards": "silent", "speech stops": "deciding"}
DECIDING = ["a backchannel", "an echo", "none", "others", "punctuation", "the draft's"]


def test_the_person_moves_only_as_the_diagram_says() -> None:
    steps = [step for policy in POLICIES for step in explore(policy)[0]]

    assert {(before[0], name, after[0]) for before, name, after in steps if before[0] != after[0]} == {
        ("silent", "speech starts", "speaking"),
        ("speaking", "speech pauses", "pausing"),
        ("pausing", "speech resumes", "speaking"),
        *((person, name, after) for person in ("speaking", "pausing") for name, after in STOPPING.items()),
        *(("deciding", f"the words are {words}", "silent") for words in DECIDING),
        ("deciding", "speech starts", "speaking"),
        ("deciding", "the client commits", "silent"),
    }


def test_the_replies_are_in_no_other_states_than_these() -> None:
    steps = [step for policy in POLICIES for step in explore(policy)[0]]
    anybody = {"silent", "speaking", "pausing", "deciding"}
    reachable: dict[tuple[str, ...], set[str]] = {}
    for _before, _name, (person, replies, _waiting, _aside, _overtaken) in steps:
        if len([each for each in replies if each == "released"]) <= 2:
            reachable.setdefault(replies, set()).add(person)

    sent = ("released", "generated")
    assert reachable == {
        ("none",): anybody,
        ("speculative",): {"pausing", "deciding"},
        ("speculative", "generated"): {"pausing", "deciding"},
        ("released",): anybody,
        sent: anybody,
        (*sent, "released"): anybody,
        (*sent, *sent): anybody,
        ("doubted", "released"): anybody - {"silent"},
        ("doubted", *sent): anybody - {"silent"},
        ("doubted", *sent, "released"): anybody - {"silent"},
        ("doubted", *sent, *sent): anybody - {"silent"},
    }


# --- Long random conversations ---------------------------------------------------------------------------------------


class Conversation(RuleBasedStateMachine):
    """Whatever may happen, in any order; in the end nobody speaks and everything is recognised and played."""

    def __init__(self, policy: Policy) -> None:
        super().__init__()
        self.dialogue, self.witness = Dialogue(policy), Witness()

    @rule(name=st.sampled_from(list(MOVES)))
    def happens(self, name: str) -> None:
        self.witness.follow(MOVES[name](self.dialogue), self.dialogue)

    @invariant()
    def rules_are_kept(self) -> None:
        assert self.witness.complaints == []

    def teardown(self) -> None:
        if self.witness.open:
            self.happens("speech stops")
        for turn in sorted(self.witness.awaited):
            self.witness.follow(UtteranceRecognized(turn, ""), self.dialogue)
        while self.witness.row:
            self.happens("the first reply is played")
        assert (self.witness.complaints, self.dialogue.at_rest) == ([], True)


class FickleConversation(Conversation):
    """Its policy changes at any time."""

    @rule(policy=st.sampled_from(POLICIES))
    def policy_changes(self, policy: Policy) -> None:
        self.dialogue.policy = policy


def play(conversation: Callable[[], Conversation], times: int) -> None:
    """Let the conversation happen so many times, differently each time, but the same in each run of the tests."""
    chosen = settings(max_examples=times, stateful_step_count=60, deadline=None, derandomize=True, database=None)
    run_state_machine_as_test(conversation, settings=chosen)


@pytest.mark.parametrize("policy", POLICIES, ids=name_of)
def test_no_conversation_breaks_the_rules_and_each_comes_to_rest(policy: Policy) -> None:
    play(lambda: Conversation(policy), times=20)


def test_no_conversation_breaks_the_rules_although_the_policy_changes() -> None:
    play(lambda: FickleConversation(Policy()), times=60)

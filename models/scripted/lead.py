"""A character leading an interview or a drill: its next line.

A step is left after an attempt that is right, a second one that is not, or the answer to a follow-up question.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from models.scripted.intents import Intent
from models.scripted.memory import Talk
from models.scripted.progress import TalkProgress
from models.scripted.remarks import best_quote, first_that_holds, holds_of_all, is_right
from models.scripted.words import said_within
from pipeline.characters.character import Character, Plan, Step

FOLLOW_UPS = 3
"""Follow-up questions in one interview, so that it ends in reasonable time."""

ATTEMPTS = 2

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Lead:
    """A character leading its plan in one language."""

    def __init__(self, character: Character, plan: Plan, progress: TalkProgress, talk: Talk) -> None:
        self._plan, self._progress, self._talk = plan, progress, talk
        self._steps = {step.id: step for step in plan.steps}
        self._plans = tuple(character.plan.values())
        self.step = self._steps.get(progress.current)

    @property
    def expected(self) -> bool:
        """Whether the person just gave a drill's expected answer, whatever else it might be taken for."""
        return bool(self.step and self.step.expects and is_right(self.step.expects, self._talk.said))

    def line(self, nod: str) -> str:
        """What comes next. `nod` is a word of acknowledgement; a drill praises instead."""
        said, step = self._talk.said, self.step
        if self._progress.closed or Intent.FINISH.within(said):
            return self._close()
        if step is None or not self._progress.pending:
            return f"{nod} {self.again()}"
        if step.expects:
            return self._drill(step)
        tries = len(self._progress.attempts.get(step.id, ()))
        remark = first_that_holds(step.follow_ups, said)
        passes = Intent.SKIP.within(said) or Intent.UNSURE.within(said)
        follows = tries < ATTEMPTS and self._progress.follow_ups < FOLLOW_UPS and not passes
        return f"{nod} {remark.says if remark and follows else self._next()}"

    def again(self) -> str:
        """The current question in other words; the next one if it was answered before, or there are no other words."""
        step = self.step
        if step is None:
            return self._next()
        earlier = self._progress.attempts.get(step.id, [])[: -1 if self._progress.pending else None]
        answered = earlier and not step.expects
        return (not answered and self._talk.fresh(step.ask)) or self._next()

    def evades(self) -> bool:
        """Whether the current question is for a choice, and what was said names none of its options."""
        return bool(
            self.step and self.step.id in self._plan.choices and not self._option(self.step.id, self._talk.said)
        )

    def wants_again(self) -> bool:
        """Whether the person, once the plan is over, asks to begin anew."""
        asks = any(said_within(word, self._talk.said) for plan in self._plans for word in plan.again)
        return self._progress.over and (asks or (self._progress.just_over and Intent.AGREE.within(self._talk.said)))

    def start(self) -> str:
        """The first step's question, for another round."""
        return self._talk.freshest(self._plan.steps[0].ask)

    def _drill(self, step: Step) -> str:
        if is_right(step.expects, self._talk.said):
            return f"{self._talk.freshest(self._plan.praise)} {self._next()}"
        if len(self._progress.attempts.get(step.id, ())) < ATTEMPTS and not Intent.SKIP.within(self._talk.said):
            hint = self._talk.freshest(self._plan.hints)
            return hint.replace("{model}", f"{step.model} {step.tip}".strip())
        return f"{self._talk.freshest(self._plan.move_on)} {self._next()}"

    def _next(self) -> str:
        """The next step that the person's choices bring in; a choice they have told already is not asked for."""
        chosen = {group: self._chosen(group) for group in self._plan.choices}
        picked = {option or list(self._plan.choices[group])[-1] for group, option in chosen.items()}
        reached = max((at for at, step in enumerate(self._plan.steps) if step.id in self._progress.asked), default=-1)
        for step in self._plan.steps[reached + 1 :]:
            if (not step.when or step.when in picked) and not chosen.get(step.id):
                return self._talk.freshest(step.ask)
        return self._close()

    def _chosen(self, group: str) -> str:
        """The option the person named: in answer to the step of that name, else anywhere; or nothing.

        Where that is no longer among the messages, the steps it brought in still show it.
        """
        asked = {step.when for step in self._plan.steps if step.id in self._progress.asked}
        if shown := asked & self._plan.choices[group].keys():
            return shown.pop()
        everything = [said for texts in self._progress.attempts.values() for said in texts] or [self._talk.said]
        texts = self._progress.attempts.get(group, ()) if group in self._progress.asked else everything
        return self._option(group, " ".join(texts))

    def _option(self, group: str, text: str) -> str:
        """The option of a group that is named first in `text`, in any of the character's languages; or nothing."""
        options = [item for plan in self._plans for item in plan.choices.get(group, {}).items()]
        places = [(_place(word, text.casefold()), option) for option, words in options for word in words]
        return min((found for found in places if found[0] >= 0), default=(0, ""))[1]

    def _close(self) -> str:
        """The next closing turn: its first remark that holds and can be filled from what was said."""
        attempts = self._progress.attempts
        said = [text for texts in attempts.values() for text in texts]
        drilled = [self._steps[id_] for id_ in attempts if id_ in self._steps and self._steps[id_].expects]
        missed = [step for step in drilled if not any(is_right(step.expects, text) for text in attempts[step.id])]
        right = [text for step in drilled for text in attempts[step.id] if is_right(step.expects, text)]
        good, total = len(drilled) - len(missed), len(drilled)
        values = {"practise": (missed or drilled)[-1].model, "good": str(good), "total": str(total)} if drilled else {}
        remarks = self._plan.closing[min(self._progress.closed, len(self._plan.closing) - 1)]
        fitting = (
            _filled(remark.says, {**values, "quote": best_quote(right or said, remark.when)})
            for remark in remarks
            if holds_of_all(remark.when, said, good, total)
        )
        return next(filter(None, fitting), _PLACEHOLDER.sub("", remarks[-1].says))


def _place(word: str, text: str) -> int:
    """Where an option's word begins in `text`; an English one at the beginning of a word, so "it" is not in "with"."""
    found = re.search(rf"\b{re.escape(word)}" if word.isascii() else re.escape(word), text)
    return found.start() if found else -1


def _filled(line: str, values: Mapping[str, str]) -> str:
    """`line` with its placeholders filled, or nothing if one has no value.

    Not `str.format`, which would let a file reach into objects.
    """
    names = _PLACEHOLDER.findall(line)
    return _PLACEHOLDER.sub(lambda match: values[match[1]], line) if all(values.get(name) for name in names) else ""

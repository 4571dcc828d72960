"""The questions of an interview: which were asked and answered, how each answer is built, by rules."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.practice.answers.quotes import clip_at
from pipeline.practice.answers.star import Judged, judged
from pipeline.practice.practice import PracticeStep
from pipeline.practice.speech import SpokenTurn
from server.practice.report.answers import Clip, Questions, QuestionTold, StrengthTold, StructureTold, Text
from server.practice.report.heard import Heard
from server.practice.report.sentences import sentence


def questions_in(heard: Heard) -> Questions:
    """All questions of the plan."""
    told = tells_what_was_done(heard)
    return Questions(items=[_question(heard, step, told=told) for step in heard.practice.steps])


def tells_what_was_done(heard: Heard) -> bool:
    """Whether its answers tell of what the person did, so that they have a situation, a task, an action and a result."""
    interview = heard.practice.interview
    return interview is not None and interview.questions == "behavioural"


def clips_of(turns: Sequence[SpokenTurn]) -> list[Clip]:
    """Whole turns."""
    return [Clip.of(clip_at(turn, 0, len(turn.text))) for turn in turns]


def structure_of(found: Judged) -> StructureTold:
    """Which parts of an answer rules found."""
    parts = ("situation", "task", "action", "result")
    clips = {part: getattr(found.structure, part) for part in parts}
    return StructureTold(**{part: Clip.of(clip) if clip else None for part, clip in clips.items()})


def _question(heard: Heard, step: PracticeStep, *, told: bool) -> QuestionTold:
    answers = [turn for turn in heard.answers(step) if turn.text.strip()]
    asked = bool(answers) or step.id in heard.visited
    found = judged(answers, heard.practice.language, told=told)
    strength = None
    if found.strength:
        name, clip = found.strength
        strength = StrengthTold(text=sentence(f"strength.{name}", heard.own), clip=Clip.of(clip))
    return QuestionTold(
        step=step.id,
        title=step.title,
        asked=asked,
        answered=bool(answers),
        clips=clips_of(answers),
        structure=structure_of(found) if told and answers else None,
        strength=strength,
        change=Text(text=sentence(f"change.{found.change or 'nothing'}", heard.own)) if asked else None,
        stronger=None,
    )

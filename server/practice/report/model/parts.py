"""Which part of a report the language model makes how."""

from __future__ import annotations

from server.practice.report.answers import Content, PartName
from server.practice.report.heard import Heard
from server.practice.report.model.asking import Asking, ModelFailure
from server.practice.report.model.mistakes import mistakes_by_model
from server.practice.report.model.next import next_by_model
from server.practice.report.model.questions import questions_by_model
from server.practice.report.model.rubric import rubric_by_model
from server.practice.report.parts.next import Others


async def by_model(part: PartName, asking: Asking, heard: Heard, others: Others) -> Content:
    """A part as the language model makes it. Raises `ModelFailure`."""
    content: Content | None = None
    match part:
        case "mistakes":
            content = await mistakes_by_model(asking, heard)
        case "questions":
            content = await questions_by_model(asking, heard)
        case "rubric":
            content = await rubric_by_model(asking, heard)
        case "next":
            content = await next_by_model(asking, heard, others)
        case _:
            pass
    if content is None:
        raise ModelFailure("too_little")
    return content

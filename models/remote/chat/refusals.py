"""Why a server refused a request, by its own words, and what to change so that it will not. Pure.

The words are those of the servers' sources and of public reports; they are matched loosely, since versions reword them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from enum import Enum, auto

from models.remote.chat.profile import Profile


class Reason(Enum):
    """What a server objects to."""

    SYSTEM = auto()
    SYSTEM_FIRST = auto()
    TURNS = auto()
    TOOLS = auto()
    CONTENT = auto()
    USAGE = auto()
    LIMIT = auto()
    FIELD = auto()
    TOO_LONG = auto()
    LOADING = auto()
    MODEL = auto()
    TEMPLATE = auto()
    THOUGHT = auto()


_WORDS: dict[Reason, tuple[str, ...]] = {
    Reason.TOO_LONG: (
        r"context.{0,12}(?:length|size|window)|context_length_exceeded|n_ctx|prompt is too long|input is too long",
        r"too many tokens|maximum.{0,20}tokens.{0,40}exceed|exceeds? .{0,40}(?:context|token limit|max)",
        r"longer than the maximum|reduce the (?:length|size|number)|(?:request|payload|input) (?:is )?too large",
        r"range of input length|less than \d+ tokens|exceed(?:s|ed)? .{0,30}token limit",
    ),
    Reason.LOADING: (
        r"loading model|model is (?:still |currently |being )*load|currently loading|is loading",
        r"warming up|starting up|not (?:yet )?ready",
    ),
    Reason.THOUGHT: (r"reasoning_content",),
    Reason.USAGE: (r"stream_options|include_usage",),
    Reason.LIMIT: (r"max_tokens.{0,120}max_completion_tokens|max_completion_tokens",),
    Reason.TOOLS: (
        r"(?:not|n't|no|without) .{0,40}(?:tool|function)(?:s| use| call| calling|_choice)",
        r"tool(?:s|_choice| choice| use| param)?\b.{0,60}(?:not supported|unsupported|not enabled|requires|require )",
        r"support tool use|function calling is not|\btools\b.{0,12}extra (?:inputs|fields)",
        r"(?:unrecogni[sz]ed|unsupported|unknown) (?:request )?(?:argument|parameter|field|name).{0,20}\btools?\b",
    ),
    Reason.SYSTEM: (
        r"(?:system|developer) (?:role|message|prompt|instruction)s? (?:is |are )?not (?:supported|enabled|allowed)",
        r"only user(?:,| and) .{0,30}roles|(?:does not|doesn't) support system|unsupported role.{0,20}system",
        r"role.{0,4} .?system.? is not supported|role.{0,4} does(?: not|n't) support .?system",
        r"system_instruction|invalid role:? ?.?system|'system' is not one of",
    ),
    Reason.SYSTEM_FIRST: (
        r"system message (?:must|should) be|unexpected role .?system.? after|multiple system",
        r"system .{0,30}at the (?:beginning|start)",
    ),
    Reason.TURNS: (
        r"roles? must alternate|must alternate|alternate between|start with (?:a )?(?:the )?user|first message must",
        r"begin with (?:a )?user|expected last role|no user query|must be from (?:the )?user|last message must",
        r"unexpected role .?(?:user|assistant).? after|consecutive (?:user|assistant)|roles must be",
        r"comes? immediately after|assistant messages at the end|prefill|no first user message",
        r"must be followed by .{0,10}user",
    ),
    Reason.CONTENT: (
        r"content.{0,80}(?:null|none|valid string|non-empty|must be a string|should be a string|invalid type)",
        r"content.{0,30}(?:is required|is missing|not be empty)|must be string, but is null",
        r"(?:null|nonetype).{0,60}content|nonetype|expected (?:a )?string,? (?:got|but got|found) null",
    ),
    Reason.TEMPLATE: (r"jinja|chat.?template|template|raise_exception|undefined(?:error)?",),
}
PAYLOAD_TOO_LARGE = 413
_MODEL = re.compile(
    r"model.{0,160}(?:not found|does not exist|not exist|unknown|invalid|is not (?:a )?valid)|model_not_found|no such model"
    r"|try pulling|(?:in|not a )valid model",
    re.DOTALL,
)
_EXTRA = re.compile(
    r"extra (?:fields|inputs)|unrecognized|unrecognised|unknown (?:name|field|parameter|argument)"
    r"|unexpected (?:keyword|field)|not (?:a )?(?:permitted|recognized|valid|supported)|unsupported (?:parameter|value)"
    r"|invalid value|does(?: not|n't) support (?:think|reason)",
    re.IGNORECASE,
)
_PATTERNS = [(reason, re.compile("|".join(words), re.IGNORECASE | re.DOTALL)) for reason, words in _WORDS.items()]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was sent: whether with functions, and by which fields beside OpenAI's first ones."""

    tools: bool
    fields: Collection[str]


def reasons_in(status: int, text: str, asked: Asked) -> list[Reason]:
    """What the words of a refusal may mean, the likeliest first."""
    lowered = text.lower()
    if status == PAYLOAD_TOO_LARGE:
        return [Reason.TOO_LONG]
    found = [Reason.FIELD] if any(field.lower() in lowered for field in asked.fields) else []
    found += [reason for reason, pattern in _PATTERNS if pattern.search(text)]
    if status in (400, 404, 422) and _MODEL.search(lowered):
        found.append(Reason.MODEL)
    if asked.fields and not found and _EXTRA.search(text):
        found.append(Reason.FIELD)
    if not asked.tools or "first user message" in lowered:
        found = [reason for reason in found if reason is not Reason.TOOLS]
    if "prefill" in lowered:
        found = [reason for reason in found if reason is not Reason.FIELD]
    return list(dict.fromkeys(found))


_CHANGES: dict[Reason, Callable[[Profile], Profile]] = {
    Reason.THOUGHT: lambda profile: replace(profile, returns_thoughts=True),
    Reason.FIELD: lambda profile: replace(profile, quiet=False),
    Reason.USAGE: lambda profile: replace(profile, counts_usage=False),
    Reason.LIMIT: lambda profile: replace(profile, other_limit=True),
    Reason.TOOLS: lambda profile: replace(profile, tools=False),
    Reason.CONTENT: lambda profile: replace(profile, null_content=False),
    Reason.SYSTEM: lambda profile: replace(profile, system="user", alternates=True),
    Reason.SYSTEM_FIRST: lambda profile: _one_system(profile),
    Reason.TURNS: lambda profile: replace(_one_system(profile), alternates=True),
    Reason.TEMPLATE: lambda profile: replace(_one_system(profile), alternates=True, null_content=False),
}


def _one_system(profile: Profile) -> Profile:
    return replace(profile, system="first") if profile.system == "anywhere" else profile


def after(profile: Profile, reasons: Collection[Reason], status: int) -> Profile | None:
    """The profile to try next; None if nothing is left that could help.

    Where the words say nothing, or were followed already, what servers refuse most is left out step by step.
    """
    for reason, change in _CHANGES.items():
        if reason in reasons and (changed := change(profile)) != profile:
            return changed
    if status not in (400, 422, 500, 501):
        return None
    plain = replace(profile, quiet=False, counts_usage=False)
    if status != 500 and plain != profile:
        return plain
    told = {Reason.SYSTEM, Reason.SYSTEM_FIRST, Reason.TURNS, Reason.TEMPLATE} & set(reasons)
    reshaped = replace(profile, system="user", alternates=True, null_content=False)
    if (told or status != 500) and reshaped != profile:
        return reshaped
    bare = replace(reshaped, tools=False)
    return bare if (told or status != 500) and bare != profile else None


def in_a_sentence(before: Profile, now: Profile) -> str:
    """What is done differently from now on, for the operator."""
    changes = [
        (before.system != now.system and now.system == "user", "its instructions go into the person's first words"),
        (
            before.system != now.system and now.system == "first",
            "all instructions go into one message at the beginning",
        ),
        (before.alternates != now.alternates, "roles alternate, and the person's words come first"),
        (before.tools != now.tools, "no functions are offered to it"),
        (before.null_content != now.null_content, "no message is without content"),
        (before.counts_usage != now.counts_usage, "tokens are not counted"),
        (before.other_limit != now.other_limit, "the limit of tokens goes by another name"),
        (before.returns_thoughts != now.returns_thoughts, "thoughts go back with the calls they led to"),
        (before.quiet != now.quiet, "it is not asked to answer without thinking"),
        (before.characters != now.characters, f"it is shown {now.characters} characters of a conversation at most"),
    ]
    return "; ".join(text for changed, text in changes if changed)

"""What language models write between their words: marks of thoughts, calls and turns, in every family's spelling. Pure.

Sources: the chat templates of the models on huggingface.co, and OpenAI's harmony format (github.com/openai/harmony).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache

_THOUGHT = (
    r"(?:[a-z]{1,10}:)?(?:think|thinking|thought|thoughts|thinking[_ -]process|reason|reasoning|reasoning_content|reflection"
    r"|analysis|scratchpad|(?:inner|internal)_monologue|inner_thoughts?|chain_of_thought|cot)"
)
_ANSWER = r"(?:answer|response|final_answer|final|reply|output)"
_CALL_TAG = (
    r"(?:[a-z]{1,10}:)?(?:tool_calls?|toolcalls?|function_?calls?|tool_use|tool_code|tools"
    r"|tool_responses?|tool_results?|function_results?|invoke)"
)
_REST_OF_TAG = r"(?:\s[^<>\n]{0,80})?"


class Kind(Enum):
    """What a mark means: for thoughts, for calls, for turns (of a template), for the answer itself."""

    THOUGHT = auto()
    THOUGHT_OVER = auto()
    ANSWER = auto()
    CALL = auto()
    HEADER = auto()
    CHANNEL = auto()
    BODY = auto()
    TURN_OVER = auto()
    NOTHING = auto()


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark as it was found. end: for a call, the pattern that ends it."""

    kind: Kind
    text: str
    end: str = ""


_PATTERNS: tuple[tuple[Kind, str, str], ...] = (
    # --- thoughts
    (Kind.THOUGHT, rf"[<＜]\|? ?{_THOUGHT}{_REST_OF_TAG} ?\|?[>＞]", ""),
    (Kind.THOUGHT_OVER, rf"[<＜]\|? ?[\\/]{{1,2}} ?{_THOUGHT} ?\|?[>＞]", ""),
    (Kind.THOUGHT, r"<\|(?:begin_of_thought|start_thinking|thought_start|inner_prefix)\|>", ""),
    (Kind.THOUGHT_OVER, r"<\|(?:end_of_thought|end_thinking|thought_end|inner_suffix)\|>", ""),
    (Kind.THOUGHT, r"◁ ?think ?▷", ""),
    (Kind.THOUGHT_OVER, r"◁ ?/ ?think ?▷", ""),
    (Kind.THOUGHT, r"(?-i:\[(?:THINK|THINKING|REASONING)\])", ""),
    (Kind.THOUGHT_OVER, r"(?-i:\[/(?:THINK|THINKING|REASONING)\])", ""),
    (Kind.THOUGHT, r"<unused94>", ""),
    (Kind.THOUGHT_OVER, r"<unused95>|<channel\|>", ""),
    (Kind.THOUGHT, r"<\|channel>", ""),
    # --- the answer
    (Kind.ANSWER, rf"</?{_ANSWER}>|<\|(?:begin_of_solution|start_response|start_text)\|>", ""),
    (Kind.NOTHING, r"<\|(?:end_of_solution|end_response|end_text)\|>", ""),
    # --- calls
    (Kind.CALL, r"<function(?:=|\(| name=)[^<>\n{]{1,80}(?:>|(?=\{))", r"</function>"),
    (
        Kind.CALL,
        r"<[|｜]DSML[|｜](?P<dsml>function_calls|tool_calls)>",
        r"</[|｜]DSML[|｜](?:function_calls|tool_calls)>",
    ),
    (Kind.CALL, r"<start_function_call>", r"<end_function_call>"),
    (Kind.CALL, r"<\|action_start\|>", r"<\|action_end\|>"),
    (Kind.CALL, rf"<(?P<tag>{_CALL_TAG}){_REST_OF_TAG}>", r"</{tag}>"),
    (Kind.CALL, r"<\|tool_calls_section_begin\|>", r"<\|tool_calls_section_end\|>"),
    (Kind.CALL, r"<\|tool_call_begin\|>", r"<\|tool_call_end\|>"),
    (Kind.CALL, r"<[|｜]tool[▁_]calls[▁_]begin[|｜]>", r"<[|｜]tool[▁_]calls[▁_]end[|｜]>"),
    (Kind.CALL, r"<[|｜]tool[▁_]call[▁_]begin[|｜]>", r"<[|｜]tool[▁_]call[▁_]end[|｜]>"),
    (Kind.CALL, r"<\|tool_call(?:_start)?\|?>", r"<\|?/?tool_call(?:_end)?\|>"),
    (Kind.CALL, r"<\|start_action\|>", r"<\|end_action\|>"),
    (Kind.CALL, r"<\|python_tag\|>", r"<\|(?:eom_id|eot_id)\|>"),
    (Kind.CALL, r"(?-i:\[TOOL_CALLS\])", r"</s>|<\|im_end\|>"),
    (Kind.NOTHING, rf"</(?:{_CALL_TAG}|function|parameter)>", ""),
    # --- turns
    (Kind.HEADER, r"<\|(?:start|im_start|start_header_id|header_start|role)\|>|<start_of_turn>|<\|turn>", ""),
    (Kind.CHANNEL, r"<\|channel\|>", ""),
    (Kind.NOTHING, r"<\|constrain\|>", ""),
    (Kind.BODY, r"<\|(?:message|end_header_id|header_end|im_middle|im_sep)\|>", ""),
    (
        Kind.BODY,
        r"<\|(?:assistant|bot|chatbot|model)\|>|<[｜|]assistant[｜|]>|<\|(?:start_of_turn_token|chatbot_token)\|>",
        "",
    ),
    (
        Kind.TURN_OVER,
        r"<\|(?:im_end|end|eot_id|eot|eom_id|eom|endoftext|end_of_text|end_of_turn_token|return|call|endofturn|end_of_role)\|>"
        r"|<(?:end_of_turn|end_of_utterance|eos|eot|turn\|)>|</s>|<[｜|]end[▁_]of[▁_]sentence[｜|]>|\[(?-i:INST)\]"
        r"|<\|(?:user|system|observation|tool)\|>|<[｜|](?:user|system)[｜|]>",
        "",
    ),
    # --- whatever else a tokeniser calls special
    (
        Kind.NOTHING,
        r"<\|[^<>|\n ]{1,40}\|>|<｜[^<>｜\n]{1,40}｜>|<(?:s|bos|pad|unk|mask)>|<</?SYS>>|(?-i:\[/INST\])",
        "",
    ),
)
_MARK = re.compile(
    "|".join(f"(?P<p{at}>{pattern})" for at, (_kind, pattern, _end) in enumerate(_PATTERNS)), re.IGNORECASE
)
_NAMES = rf"(?:{_THOUGHT}|{_CALL_TAG}|function)"
_BEGUN = re.compile(
    rf"(?:[<＜]\|? ?[\\/]{{0,2}} ?[\w:.=▁-]{{0,60}}(?:[ -]\w{{0,10}})?[ |]{{0,2}}"
    rf"|[<＜]\|? ?{_NAMES}\s[^<>\n]{{0,80}} ?\|?|<function(?:=|\(| name=)[^<>\n]{{0,80}}|</?[|｜]DSML[|｜]?\w{{0,20}}"
    r"|<\|[^<>|\n ]{0,40}\|?|<｜[^<>｜\n]{0,40}｜?|<</?S?Y?S?>?|◁ ?/? ?t?h?i?n?k? ?|\[/?[A-Z_]{0,16})\Z",
    re.IGNORECASE,
)
LONGEST = 120
"""Characters of the longest mark."""


def first_mark(text: str) -> tuple[Mark, int, int] | None:
    """The first whole mark in `text`, and where it begins and ends."""
    found = _MARK.search(text)
    if not found:
        return None
    kind, _pattern, end = _PATTERNS[int(str(found.lastgroup)[1:])]
    if "{tag}" in end:
        end = end.replace("{tag}", re.escape(found["tag"]))
    return Mark(kind, found[0], end), found.start(), found.end()


def certain(text: str) -> int:
    """How much of the beginning of `text` is certainly no part of a mark that is still to be completed."""
    for start in range(max(0, len(text) - LONGEST), len(text)):
        if text[start] in "<＜◁[" and _BEGUN.match(text, start):
            return start
    return len(text)


@cache
def ending(pattern: str) -> re.Pattern[str]:
    """The compiled pattern of what ends a call."""
    return re.compile(pattern, re.IGNORECASE)

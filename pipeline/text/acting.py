"""What is done and not said in a model's text: "*sighs*", "*She tilts her head*", "（微笑着看向你）". Pure."""

from __future__ import annotations

import re

_STEM = (
    "laugh|sigh|gasp|grin|wink|nod|shrug|cough|sniff|sob|groan|yawn|snort|gulp|frown|whisper|murmur|mutter|hum|blush"
    "|chuckl|giggl|smil|smirk|paus|winc|sniffl|exhal|inhal"
)
_DIRECTION = re.compile(
    rf"(?:[a-z]+ly )?(?:(?:{_STEM})(?:e?s|[bdgmn]?ing)|clear(?:s|ing)(?: his| her| my| their)? throat)"
    rf"(?: [a-z]+ly| again| (?:a|at|to|with|in|back) [a-z]+)?[.!…]*|(?:{_STEM})(?:e|ter)?[.!…]*"
    "|(?:[大微轻苦偷坏]?笑|叹了?口?气|叹息|哭|抽泣|停顿|沉默|咳嗽|清了?清?嗓子|点头|摇头|耸肩|眨眼|鼓掌|打哈欠|[轻低小]声)"
    "(?:[着了地道]|一[声下])?[。！…]*",
    re.IGNORECASE,
)
_ACTION = re.compile(r"(?:[a-z]+ly )?([a-z]+(?:[^sui\W]s|ing))\b")
_BODY = (
    "eyes?|gaze|voice|smile|lips?|mouth|brows?|eyebrows?|face|head|hands?|fingers?|shoulders?|expression|tone|cheeks?"
)
_GESTURE_STEMS = (
    "tilt|nod|smile|lean|look|glance|step|walk|reach|take|put|turn|raise|lower|shrug|sigh|wink|grin|gesture|pause|stare|gaze"
    "|point|sit|stand|bow|wave|laugh|chuckle|fold|cross|rub|scratch|tap|brush|tuck|pull|push|lift|hold|place|set|draw|pour"
    "|adjust|study|watch|blink|frown|smirk|bite|clench|slide|close|open|shake|clear|lick|whisper|murmur|hum|giggle|blush"
)
_NOT_DONE = (
    "is|was|has|does|says|said|needs?|wants?|knows?|loves?|likes?|hates?|prefers?|thinks?|believes?|means|seems?|lives?|lived"
    "|works?|worked|lies|costs?|owns?|owned|belongs?|depends?|contains?|includes?|exists?|consists?|teaches|married|died"
    "|invented|founded|uses|used|gets|helps|helped|opens? (?:at|on)|closes? (?:at|on)"
)
"""What is told of somebody or something, and not seen."""
_DOING = re.compile(
    rf"(?:he|she|they|the [a-z]+) (?:[a-z]+ly )?(?!(?:{_NOT_DONE})\b)"
    rf"(?:[a-z]*[^sui\W]s|[a-z]+ed|(?:{_GESTURE_STEMS})s?)\b.* .*"
    rf"|(?:he|she|they|(?-i:[A-Z][a-z]+)) (?:[a-z]+ly )?(?:{_GESTURE_STEMS})(?:e?s|e?d)(?:[.!…]*|\W.*)"
    rf"|i (?:[a-z]+ly )?(?:{_GESTURE_STEMS})\b.*"
    rf"|(?:her|his|their|my) (?:[a-z]+ )?(?:{_BODY})\b .*",
    re.IGNORECASE,
)
"""Somebody who does something: "She tilts her head, a small smile…", "I lean back", "Her eyes narrow"."""
_DOING_IN_CHINESE = re.compile(
    "笑|看[着向了]|望[着向了]|[盯注凝][着视]|低头|抬[头手眼]|转[身头过]|[点摇歪侧][点摇着了]?头|皱[着了起]?眉|眨|伸[出手]|握|抱[着住]|靠[近在]"
    "|走[向到近]|坐[下直]|站[起着]|叹|沉[思默吟]|思[考索]|停顿|顿了|深吸|耸肩|挠|拍[了拍着]|挥|鞠躬|凑近|指[着了向]|眼[神睛里中]|嘴角"
    "|[轻低小柔]声|脸[红上颊]|摸[了着摸]|咬|捂|哭|泪|鼓掌"
)
_ASIDE_IN_CHINESE = re.compile(rf"[轻微慢缓默静淡偷悄]{{0,2}}地?(?:{_DOING_IN_CHINESE.pattern})")
"""What opens with such a verb is acting in brackets also within a sentence."""
LONGEST_ASIDE = 20
_GESTURES = frozenset("waves waving bows bowing claps clapping blinks blinking cries crying beams beaming hugs".split())
_NO_ACTIONS = frozenset(
    "has was does goes as yes thanks always perhaps sometimes besides towards nothing something anything everything"
    " during being speaking according regarding".split()
)
_HAN = re.compile("[\u3400-\u9fff]")
SENTENCE_ENDS = '.!?…。！？～~"”」』)）'
"""Behind these, or at the beginning of a line, a sentence begins."""
MARKS = ".,;:!?…。，；：！？、"


def is_direction(content: str, before: str) -> bool:
    """Whether what stands in asterisks or brackets is a stage direction. before: the character before them, if any."""
    if is_known(content):
        return before in SENTENCE_ENDS + MARKS + "—–-"
    if before not in SENTENCE_ENDS:
        return False
    if _DOING.fullmatch(content) or (_HAN.match(content) and _DOING_IN_CHINESE.search(content)):
        return True
    action = _ACTION.match(content)
    if not action:
        return False
    return content in _GESTURES or (action.end() < len(content) and action[1] not in _NO_ACTIONS)


def is_known(content: str) -> bool:
    """Whether it is one of the usual ones, such as "softly chuckles"."""
    return bool(_DIRECTION.fullmatch(content))


def is_aside(content: str) -> bool:
    """Whether what stands in Chinese brackets is acting also within a sentence."""
    return len(content) <= LONGEST_ASIDE and bool(_ASIDE_IN_CHINESE.match(content))

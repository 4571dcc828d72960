"""What an English sentence tells of the person who says it. What is doubtful is left out. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pipeline.memory.fact import Found, Grammar, Kind, Rule, topic_of

_DOUBTFUL = re.compile(
    r"\b(?:if|imagine|suppos(?:e|ing)|assum(?:e|ing)|pretend(?:ing)?|let['’]?s say|as (?:if|though)|"
    r"(?:would|could|might) be|"
    r"i wish|dream(?:t|ed)|in (?:my|a|the) (?:dream|story|game|film|movie|book|song|poem|novel)|hypothetical(?:ly)?|"
    r"act as|for example|used to|translate|how do (?:i|you) say|haha|maybe i|perhaps i|i guess)\b|"
    r"\byou(?:['’]re| are) (?:my|a|an|the)\b",
    re.IGNORECASE,
)
"""Something else than the person's own life may be meant."""

_REPORTED = re.compile(
    r"\b(?:[Hh]e|[Ss]he|[Tt]hey|[Ww]ho|[Pp]eople|[Ee]veryone|[Ss]ome(?:body|one)|[Mm]y (?:\w+ ){0,2}\w+|[Tt]he \w+|"
    r"[A-Z][a-z]+) "
    r"(?:said|says|told|tells|asked|asks|thinks|thought|claims?|claimed|wrote|writes|shouted|was like|is like)\b"
)
"""Somebody else's words."""

_JOKE = re.compile(
    r"\b(?:(?:just|only) (?:kidding|joking)|i(?:['’]m| am| was) (?:just |only )?(?:kidding|joking)|(?:that|it) was a joke|"
    r"scratch that|i made that up)\b",
    re.IGNORECASE,
)
_PLAY = re.compile(
    r"\b(?:let['’]?s (?:play|pretend|act)|pretend (?:that |to |you|i)|role[- ]?play|i(?:['’]ll| will) be the|"
    r"i(?:['’]m| am) the (?:customer|king|queen|patient|guest|detective|villain|hero)|in this (?:game|scene))\b",
    re.IGNORECASE,
)
_PLAY_OVER = re.compile(
    r"\b(?:stop playing|(?:end of )?(?:the )?(?:game|scene|role[- ]?play)(?: is)? over|end of (?:the )?(?:game|scene)|"
    r"no more (?:games|pretending)|out of character|back to reality|seriously now)\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"\?\s*$|^(?:(?:and|so|but|well|hey|ok|okay),? )*"
    r"(?:what|why|how|who|where|when|which|do|does|did|is|are|am|can|could|would|should|will)\b",
    re.IGNORECASE,
)

_I = r"\bi(?:['’]m| am)"
_ADV = r"(?:(?:really|also|just|absolutely|actually|always|still|totally|quite|currently|now|mostly|very much) )*"
_END = r"(?=[,.;:!?]|$| (?:and|but|because|so|since|though|although|which|when|while|too|as well)\b)"
_REST = rf"([^,.;:!?]{{2,60}}?){_END}"
_WORD = r"([^\W\d_]{2,20})"
_WHEN = (
    r"((?:on|in|at|by|next|this|coming|the day after)\b[^,.;:!?]{1,40}?|tomorrow\b[^,.;:!?]{0,20}?|tonight|"
    rf"(?:mon|tues|wednes|thurs|fri|satur|sun)day){_END}"
)
_RELATION = (
    r"((?:(?:best|older|younger|little|big|elder|twin|new|old) )?(?:wife|husband|partner|fianc[eé]e?|girlfriend|"
    r"boyfriend|son|daughter|child|baby|sister|brother|mother|mum|mom|father|dad|grandma|grandmother|grandpa|"
    r"grandfather|aunt|uncle|cousin|niece|nephew|friend|colleague|boss|flatmate|roommate|neighbou?r|dog|cat|puppy|"
    r"kitten|horse|rabbit|hamster|parrot))"
)
_SOME = r"(an?|one|two|three|four|five|\d)"
_JOB = (
    r"((?:[\w-]+ ){0,2}?(?:teacher|nurse|doctor|surgeon|dentist|vet|engineer|developer|programmer|designer|student|"
    r"lawyer|chef|cook|baker|writer|author|editor|musician|pianist|artist|painter|actor|actress|manager|scientist|"
    r"researcher|biologist|chemist|physicist|driver|pilot|accountant|architect|carpenter|electrician|plumber|mechanic|"
    r"farmer|gardener|journalist|photographer|librarian|translator|consultant|analyst|waiter|waitress|cleaner|"
    r"firefighter|soldier|sailor|therapist|psychologist|pharmacist|professor|lecturer|hairdresser|entrepreneur|"
    r"freelancer))\b"
)
_EVENT = (
    r"((?:(?:job|driving|final|maths?|english|piano|first|big|next|doctor['’]?s|dentist['’]?s?) )*(?:exam|test|interview|"
    r"wedding|trip|flight|appointment|surgery|operation|concert|marathon|race|move|deadline|presentation|party|holiday|"
    r"vacation|anniversary|graduation|competition|recital|match|audition|meeting))"
)
_NOT_LIKED = re.compile(
    r"(?:you|your|it|that|this|these|those|them|him|her|how|when|what|where|i|we|one|so|a (?:lot|bit)|"
    r"the (?:way|idea|sound|look|one|first|second|other)|to (?:think|believe|know|say|hear|see))\b",
    re.IGNORECASE,
)
_NO_GOAL = re.compile(
    r"(?:know|ask|tell|talk|say|hear|see|understand|thank|chat|stop|sleep|speak|discuss|continue|show|cry|die|order|have|"
    r"get|buy|book|pay|eat|drink|do|try|you|give up|scream|leave|hang up|listen|remember|forget|mention|add|apologi[sz]e|"
    r"be (?:honest|alone|clear)|make a joke|change the|go(?: to (?:bed|sleep)| home| back| now|$)|"
    r"(?:play|practi[cs]e)(?: (?:a game|with you|that|this|it)|$))\b",
    re.IGNORECASE,
)
_MUCH = re.compile(r" (?:a lot|so much|very much|the most|at all|more than anything)$", re.IGNORECASE)
_NO_MORE = re.compile(r" (?:any ?more|any longer)$", re.IGNORECASE)


def _likes(positive: bool) -> Callable[[Sequence[str]], Found]:
    def of(groups: Sequence[str]) -> Found:
        what = _MUCH.sub("", _NO_MORE.sub("", groups[0].strip()))
        if _NOT_LIKED.match(what) or len(what.split()) > 8:
            return None
        liked = positive and not _NO_MORE.search(groups[0])
        return f"{'likes' if liked else 'does not like'} {what}", topic_of("like", what)

    return of


def _goal(groups: Sequence[str]) -> Found:
    what = groups[0].strip()
    if _NO_GOAL.match(what) or len(what.split()) > 12:
        return None
    return f"wants to {what}", topic_of("goal", what)


def _does(groups: Sequence[str]) -> Found:
    who, verb, what = (group.lower() if place < 2 else group for place, group in enumerate(groups))
    return (f"{who} {verb} {what}", f"person:{who}:{verb}") if len(what.split()) <= 8 else None


def _called(groups: Sequence[str]) -> Found:
    return f"{groups[0].lower()} is called {groups[1][0].upper()}{groups[1][1:]}", f"person:{groups[0].lower()}:name"


def _rule(kind: Kind, pattern: str, text: str, topic: str = "", flags: int = re.IGNORECASE) -> Rule:
    """Text and topic are forms for the groups of what matched."""

    def of(groups: Sequence[str]) -> Found:
        return text.format(*groups), topic.format(*(group.lower() for group in groups))

    return Rule(kind, re.compile(pattern, flags), of)


def _made(kind: Kind, pattern: str, of: Callable[[Sequence[str]], Found], flags: int = re.IGNORECASE) -> Rule:
    return Rule(kind, re.compile(pattern, flags), of)


_RULES: Sequence[Rule] = (
    _rule("other", rf"(?:\bi {_ADV}live|{_I} {_ADV}living) in (?!the moment|fear){_REST}", "lives in {}", "home"),
    _rule("other", rf"\bi(?:['’]ve| have)? {_ADV}moved to {_REST}", "moved to {}", "home"),
    _rule(
        "other", rf"(?:{_I} (?:originally )?|\bi come )from (?!now\b|here\b|there\b){_REST}", "comes from {}", "origin"
    ),
    _rule("other", rf"\bi (?:was born|grew up) in {_REST}", "grew up in {}", "origin"),
    _rule("other", rf"\bi {_ADV}work as (?:an? )?{_REST}", "works as {}", "job"),
    _rule("other", rf"{_I} {_ADV}an? {_JOB}", "works as {}", "job"),
    _rule("other", rf"\bi {_ADV}work (?:at|for) (?!home|the moment){_REST}", "works at {}", "workplace"),
    _rule("other", rf"(?:\bi {_ADV}study|{_I} {_ADV}studying) (?!hard|a lot|every|for){_REST}", "studies {}", "study"),
    _rule("other", rf"{_I} {_ADV}([\w-]+) years old", "is {} years old", "age"),
    _rule("other", rf"{_I} {_ADV}(?:a )?(vegetarian|vegan)\b", "is {}", "diet"),
    _rule("other", rf"{_I} {_ADV}(retired|left-handed|colou?r-?blind)\b", "is {}", "{}"),
    _rule("other", rf"{_I} {_ADV}allergic to {_REST}", "is allergic to {}", "allergic:{}"),
    _rule("date", rf"\bmy birthday(?: is|['’]s) (?:on )?{_REST}", "birthday is {}", "birthday"),
    _rule("like", rf"\bmy fav(?:ou)?rite ([\w -]{{2,30}}?) (?:is|are) {_REST}", "favourite {} is {}", "favourite:{}"),
    _made("like", rf"\bi {_ADV}(?:like|love|enjoy|adore) {_REST}", _likes(True)),
    _made("like", rf"{_I} {_ADV}(?:into|fond of|an? (?:big |huge |great )?fan of) {_REST}", _likes(True)),
    _made("like", rf"\bi (?:do not|don['’]?t) {_ADV}(?:like|love|enjoy) {_REST}", _likes(False)),
    _made("like", rf"\bi {_ADV}(?:hate|dislike|can['’]?t stand|cannot stand|detest) {_REST}", _likes(False)),
    _made("goal", rf"\bi(?:['’]d| would) (?:like|love) to {_REST}", _goal),
    _made("goal", rf"\bi {_ADV}(?:want|hope|plan|intend) to {_REST}", _goal),
    _made("goal", rf"{_I} {_ADV}(?:planning|hoping|trying) to {_REST}", _goal),
    _made("goal", rf"\bmy (?:goal|dream|plan|aim) is to {_REST}", _goal),
    _rule(
        "goal",
        rf"{_I} {_ADV}(learning|training for|saving(?: up)? for|writing|preparing for) (?!a lot|you\b|to you\b){_REST}",
        "is {} {}",
        "goal:{1}",
    ),
    _made("person", rf"\bmy {_RELATION}(?:['’]s name is| is (?:called|named)|['’]s called) {_WORD}", _called),
    _made("person", rf"\b(?:i|we)(?:['’]ve got| have|['’]ve) an? {_RELATION},? (?:called|named) {_WORD}", _called),
    _made("person", rf"\b[Mm]y {_RELATION},? ([A-Z][a-z]{{1,19}})\b", _called, 0),
    _rule(
        "person",
        rf"\bi(?:['’]ve got| have|['’]ve) {_SOME} ((?:\w+ )?(?:kids?|child(?:ren)?|sons?|daughters?|sisters?|brothers?|"
        r"dogs?|cats?|horses?))\b(?! (?:called|named))",
        "has {} {}",
        "has:{1}",
    ),
    _made(
        "person",
        rf"\bmy {_RELATION}(?-i:(?: [A-Z][a-z]+)?) (lives|works|studies|likes|loves|moved|plays|teaches|is an?) {_REST}",
        _does,
    ),
    _rule("date", rf"\b(?:my|our|the) {_EVENT} is {_WHEN}", "{} {}", "event:{}"),
    _rule("date", rf"\b(?:i|we)(?:['’]ve got| have|['’]ve) (?:an?|my|our|the) {_EVENT} {_WHEN}", "{} {}", "event:{}"),
    _rule(
        "date",
        rf"(?:{_I}|\bwe['’]re|\bwe are) (getting married|(?:flying|travel+ing|moving) to [^,.;:!?]{{2,30}}?) {_WHEN}",
        "is {} {}",
        "event:{}",
    ),
)

ENGLISH = Grammar(_RULES, (_QUESTION, _DOUBTFUL, _REPORTED, _JOKE), _JOKE, _PLAY, _PLAY_OVER)

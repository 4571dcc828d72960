"""What a plan has of its own, whatever the role or the scene, in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

OPENING, WHY, CLOSING, RESUME, CARD = "about-you", "why-this-job", "your-questions", "resume", "card"


@dataclass(frozen=True, slots=True)
class Said:
    """A step's words. `{quote}` in `ask` becomes what stands in the CV; `{front}` what stands on a card, which whoever asks
    puts into a question.
    """

    title: str
    ask: Sequence[str]
    hint: str = ""
    listen_for: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """Of one language. candidate, interviewer, learner, partner: who is who."""

    candidate: str
    interviewer: str
    learner: str
    partner: str
    steps: Mapping[str, Said]


WORDS: Mapping[str, Words] = {
    "en": Words(
        "the candidate",
        "the interviewer",
        "the learner",
        "a patient partner",
        {
            OPENING: Said(
                "About yourself",
                (
                    "To begin with, tell me a little about yourself.",
                    "Let's start with you. Could you introduce yourself?",
                    "First of all, could you walk me through your background?",
                ),
                "Say who you are now, one thing that you did before, and why you are here. A minute is enough.",
                ("who they are now", "one thing that fits the role", "why they are here", "in about a minute"),
            ),
            WHY: Said(
                "Why this job",
                (
                    "What made you apply for this job?",
                    "What in our advert spoke to you?",
                    "Why would you like to work here, of all places?",
                ),
                "Name one thing of the advert, and say what it has to do with you.",
                ("names something of the advert", "what it has to do with them", "what they would bring"),
            ),
            CLOSING: Said(
                "Your questions",
                (
                    "That's all from me. What would you like to ask?",
                    "Now it's your turn. Which questions do you have for us?",
                ),
                "Ask something that you want to know: about the work, the team, or what comes next.",
                ("asks something of their own", "about the work or the team, not only the pay"),
            ),
            RESUME: Said(
                "From your CV",
                (
                    "You wrote: “{quote}”. Tell me about that.",
                    "Your CV says: “{quote}”. How did you do that?",
                ),
                "What was the situation, what did you do yourself, and what came of it?",
                ("what they did themselves", "how the result was measured", "what was hard about it"),
            ),
            CARD: Said("From your cards", ("{front}",)),
        },
    ),
    "zh": Words(
        "应聘者",
        "面试官",
        "学习者",
        "耐心的对话伙伴",
        {
            OPENING: Said(
                "自我介绍",
                ("先请你简单介绍一下自己。", "我们先认识一下，请做个自我介绍吧。", "首先，能说说你的经历吗？"),
                "说说你现在做什么、之前做过的一件事、为什么来应聘。一分钟左右就够了。",
                ("现在做什么", "一件和这个岗位有关的事", "为什么来应聘", "一分钟左右"),
            ),
            WHY: Said(
                "为什么应聘",
                ("你为什么应聘这个岗位？", "我们的招聘信息里，哪一点打动了你？", "为什么想来我们这里工作？"),
                "说出招聘信息里的一点，再说它和你有什么关系。",
                ("提到招聘信息里的内容", "和自己的关系", "能带来什么"),
            ),
            CLOSING: Said(
                "你想问的",
                ("我这边问完了，你有什么想问的吗？", "现在轮到你了，你想了解些什么？"),
                "问一件你真想知道的事：工作、团队，或者接下来的流程。",
                ("提出自己的问题", "关于工作或团队，不只是待遇"),
            ),
            RESUME: Said(
                "你的简历",
                ("你的简历里写着：“{quote}”。请讲讲这件事。", "简历上说：“{quote}”。你是怎么做到的？"),
                "当时是什么情况，你自己做了什么，结果怎么样？",
                ("自己做了什么", "结果怎么衡量", "难在哪里"),
            ),
            CARD: Said("你的卡片", ("{front}",)),
        },
    ),
}
"""By language."""

"""What a person may want of any character, told by the wording: to hear it again, to go on, to stop, to be known."""

from __future__ import annotations

import re
from enum import Enum

_TIDY = re.compile(r"[^\w\s]|_")


class Intent(Enum):
    """One wish, as two patterns: English over lower-case words without punctuation, and Chinese over the text."""

    REPEAT = (
        r"^(?:what|sorry|pardon|huh)$|^(?:sorry |im sorry )?(?:pardon|come again|once more please|"
        r"what did you (?:just )?say|what was (?:the|your) question|"
        r"(?:can |could |would )?(?:you )?(?:please )?(?:say|repeat) (?:that|it|the question|your question))",
        r"再说一[遍次]|没听清|没听见|重复一[下遍]|你刚才说什么|问题是什么来着|^(?:什么|啊)[？?]?$",
    )
    GO_ON = (
        r"^(?:why|why not|why is that|really|go on|tell me more|more|and then|then what|what happened next|how so|"
        r"(?:please )?continue|keep going|interesting|yes|yeah|yep|sure|okay|ok|uh huh|m+|hm+|i see|of course|"
        r"yes please|please do|please|alright|all right|go ahead|what do you mean|oh|wow)$",
        r"^(?:为什么|真的|然后|接着说|继续|还有|后来|怎么说|什么意思|好的?|好啊|嗯+|哦+|是的?|对|可以|行|当然|请讲|说吧|有意思|是什么|是谁|怎么回事)"
        r"[呀啊吧呢吗。！？，\s]*$",
    )
    AGREE = (
        r"^(?:yes|yeah|yep|sure|okay|ok|of course|yes please|please|please do|alright|all right|go ahead|lets do it|"
        r"id love to|why not|gladly)$",
        r"^(?:好|好的|好啊|好呀|可以|行|来吧|要|嗯+|当然|再来)[呀啊吧呢！。，\s]*$",
    )
    REFUSE = (
        r"^(?:no|nope|nah|no thanks|no thank you|not really|not now|not today|i dont think so|id rather not|never)$",
        r"^(?:不|不用|不要|没有|不是|不想|算了|不了|不太想|没什么)[了吧啊呢谢，。！\s]*$",
    )
    SKIP = (
        r"^(?:skip|pass|next)\b|\b(?:skip (?:it|this|that)|next (?:question|one)|move on)\b",
        r"跳过|下一[题个]|换一[题个]",
    )
    UNSURE = (
        r"\b(?:i (?:really )?(?:dont|do not) know|no idea|im not sure)\b",
        r"不知道|不清楚|没想法|不会说|说不好",
    )
    FINISH = (
        r"\b(?:lets (?:stop|finish|end)|(?:stop|finish|end) the (?:interview|lesson|practice|drill)|thats enough|"
        r"give me (?:my |some |your )?feedback|how did i do|can we (?:stop|finish)|summari[sz]e)\b",
        r"结束(?:面试|练习|吧)|到这里吧|给我.{0,4}反馈|不练了|不想练|先到这|总结一下|我表现得?怎么样",
    )
    FAREWELL = (
        r"\b(?:bye|goodbye|good night|see you|see ya|(?:got|have) to go|talk to you later|farewell)\b",
        r"再见|拜拜|晚安|我要走了|我先走|下次聊|回头聊",
    )
    THANK = (r"\b(?:thanks|thank you|cheers)\b", r"谢谢|多谢|感谢")
    CRISIS = (
        r"\b(?:kill (?:myself|me)|end (?:my life|it all)|(?:want|going) to die|suicid\w*|hurt(?:ing)? myself|"
        r"better off dead|dont want to (?:live|be alive))\b",
        r"想死(?!你)|自杀|不想活|活不下去|结束(?:我的|自己的)?生命|伤害(?:我)?自己",
    )
    GRIEF = (
        r"\b(?:my|our) (?:\w+ ){1,2}(?:died|passed away|is dying|is dead|left me|has cancer)\b|"
        r"\b(?:my|our) (?:\w+ ){1,2}is (?:in (?:the )?hospital|(?:very |really )?(?:ill|sick))\b|"
        r"\bi (?:just )?(?:lost my (?!keys|phone|wallet)|got fired|got divorced|failed my)|"
        r"\bwe (?:just )?broke up\b|\bi broke up with\b",
        r"我.{0,6}(?:去世|过世|走了|死了|病了|住院|得了癌)|我?(?:们)?(?:分手了|离婚了)|我(?:失恋|失业|被裁|被开除|没考上|挂科)",
    )
    ASK_NAME = (
        r"\b(?:whats my name|what is my name|(?:remember|know) my name|who i am|who am i|what am i called)\b",
        r"我叫什么|我的?名字(?:是|叫)?(?:什么|啥)|记得我(?:是谁|的名字|叫)|知道我是谁",
    )
    ASK_MEMORY = (
        r"\b(?:what did i (?:just )?(?:say|tell)|what have i told|remember what i|"
        r"what do you (?:know|remember) about me)\b",
        r"我(?:刚才|之前|刚刚)?(?:跟你)?说(?:了|过)?(?:什么|啥)|记得我(?:刚才|之前)?说|你记得什么",
    )
    ASK = (
        r"^(?:what(?! i\b)|whats|why|how|hows|who|whos|where|when|which|whose|is|does|"
        r"(?:can|could|do|did|are|will|would|have) you|(?:tell|give|show|help|teach) me|explain|should i|can i)\b",
        r"[吗呢][。！？\s]*$|^(?:请问|那|你|那你)?(?:什么|怎么|为什么|谁|哪|多少|几[个点岁年]|能不能|可不可以|会不会|是不是)|"
        r"(?:什么|谁|哪[里儿个]|多少|几[个点岁年]|怎么[样办说讲做]?)[呀啊]?[。！？\s]*$|告诉我|帮我|给我",
    )

    def __init__(self, english: str, chinese: str) -> None:
        self.english = re.compile(english)
        self.chinese = re.compile(chinese)

    def within(self, said: str) -> bool:
        """Whether a message shows this wish. Only the beginning of a long message is looked at."""
        text = said[:300].strip()
        words = " ".join(_TIDY.sub(" ", text.casefold().replace("'", "").replace("’", "")).split())
        return bool(self.english.search(words) or self.chinese.search(text))


def is_question(said: str) -> bool:
    """Whether an answer is wanted, judged by the question mark or, as recognisers write few, by the words."""
    return said.rstrip().endswith(("?", "？")) or Intent.ASK.within(said)

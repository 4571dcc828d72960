"""What a Chinese sentence tells of the person who says it. What is doubtful is left out. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pipeline.memory.fact import Found, Grammar, Kind, Rule, topic_of
from pipeline.memory.words import HAN

_DOUBTFUL = re.compile(
    "如果|假如|要是|假设|假装|扮演|想象|比如|例如|当作|就当|梦[见到里]|但愿|万一|以前(?:喜欢|住|爱)|怎么说|翻译|哈哈|"
    "你(?:就)?是我的|我猜|故事里|电影里|书里|歌里|小说里"
)
_REPORTED = re.compile(
    f"(?:[他她]们?|有人|大家|别人|人家|我[{HAN}]{{1,4}}|老师|老板)(?:总|老|就|常常?|昨天|刚才)?(?:说过?|讲|问|告诉|觉得|以为|写道?)"
)
_JOKE = re.compile("开玩笑|逗你|骗你的|说着玩|乱说的|瞎编的")
_PLAY = re.compile(
    "假装|扮演|角色扮演|我们来?演|我来当|我当(?:国王|病人|顾客|侦探|店员)|玩(?:个|一个)游戏|你当[^，。]{1,6}我当"
)
_PLAY_OVER = re.compile("不(?:玩|演)了|游戏结束|演完了|说正经的|回到现实|言归正传")
_QUESTION = re.compile("[？?]\\s*$|[吗呢][。！\\s]*$|什么|谁|哪[里儿个]|怎么|是不是|为什么|多少|几[个点岁]")

_MORE = "(?:现在|目前|一直|其实|真的|也|还|都|最近|从小|今年)*"
_VERY = "(?:很|特别|非常|最|挺|超|超级|可|比较|蛮|还是|也|一直|从小|真的|就)*"
_REST = "([^，。；！？、,.;!?\\s]{1,20}?)(?=[，。；！？、,.;!?\\s]|$|因为|所以|但是?|不过|而且|然后|和我)"
_PLACE = f"([{HAN}A-Za-z]{{2,12}}?)(?=[，。；！？、,.;!?\\s]|$|因为|但是?|不过|已经|好几年|了|是一?[名个位])"
_NAME = f"([{HAN}]{{1,4}}|[A-Za-z]{{2,20}})(?=[，。；！？、,.;!?\\s]|$)"
_RELATION = (
    "(爸爸|妈妈|父亲|母亲|爸|妈|哥哥|弟弟|姐姐|妹妹|老公|丈夫|老婆|妻子|儿子|女儿|男朋友|女朋友|对象|好?朋友|同事|老板|奶奶|爷爷|"
    "外婆|外公|姥姥|姥爷|室友|同学|小?狗|小?猫|孩子)"
)
_JOB = (
    f"([{HAN}]{{0,6}}?(?:老师|医生|护士|工程师|程序员|设计师|学生|律师|厨师|作家|司机|会计|研究员|记者|翻译|经理|演员|画家|警察|农民|"
    "教练|教师|摄影师|音乐家|科学家|建筑师|公务员|销售|店员|服务员))"
)
_WHEN = (
    "((?:今天|明天|后天|大后天|今晚|明晚|[这下]?个?(?:周|星期|礼拜)[一二三四五六日天末]|[这下]个?(?:周|星期|礼拜|月)|"
    "[一二三四五六七八九十\\d]{1,2}月(?:[一二三四五六七八九十\\d]{1,3}[号日]|份|底|初)?|"
    "月底|年底|明年|暑假|寒假|春节|国庆)[上下]?[午晚]?)"
)
_EVENT = (
    "(期末考试|考试|面试|高考|结婚|婚礼|手术|搬家|出差|旅行|旅游|比赛|演出|答辩|体检|音乐会|聚会|报告|汇报|开会|毕业)"
)
_NOT_LIKED = re.compile("[你您他她它这那听看跟和]|怎么|什么|上")
_NO_GOAL = re.compile(
    "[你您问听聊说看请让睡死吃喝点买要知起到象法念不走哭被跟和给]|一下|一想|休息|回家|继续|再[来说]|上厕所|下线|开始"
)


def _likes(positive: bool) -> Callable[[Sequence[str]], Found]:
    def of(groups: Sequence[str]) -> Found:
        what = re.sub("[了的啊呀呢]+$", "", groups[0])
        if not what or _NOT_LIKED.match(what):
            return None
        return f"{'喜欢' if positive else '不喜欢'}{what}", topic_of("like", what)

    return of


def _goal(groups: Sequence[str]) -> Found:
    what = re.sub("[了的啊呀呢]+$", "", groups[0])
    return None if len(what) < 2 or _NO_GOAL.match(what) else (f"想{what}", topic_of("goal", what))


def _called(groups: Sequence[str]) -> Found:
    return None if "什么" in groups[1] else (f"{groups[0]}叫{groups[1]}", f"person:{groups[0]}:name")


def _does(groups: Sequence[str]) -> Found:
    return f"{groups[0]}{groups[1]}{groups[2]}", f"person:{groups[0]}:{groups[1]}"


def _rule(kind: Kind, pattern: str, text: str, topic: str = "") -> Rule:
    """Text and topic are forms for the groups of what matched."""
    return Rule(kind, re.compile(pattern), lambda groups: (text.format(*groups), topic.format(*groups)))


def _made(kind: Kind, pattern: str, of: Callable[[Sequence[str]], Found]) -> Rule:
    return Rule(kind, re.compile(pattern), of)


_RULES: Sequence[Rule] = (
    _rule("other", f"(?:我|^我(?:叫|是|今年)[^，。]{{1,12}}?，?){_MORE}住在?(?!了|院){_PLACE}", "住在{}", "home"),
    _rule("other", f"我{_MORE}(?:刚刚?|去年|前年|上个?月)?搬(?:到|去)了?{_PLACE}", "搬到{}", "home"),
    _rule("other", f"我(?:是|来自)([{HAN}]{{2,8}}?)人(?=[，。；！,.;!\\s]|$)", "是{}人", "origin"),
    _rule("other", f"(?:我来自|我老家(?:在|是)){_PLACE}", "来自{}", "origin"),
    _rule("other", f"我{_MORE}(?:是|当)(?:一?[名个位])?{_JOB}", "是{}", "job"),
    _rule("other", f"^我(?:叫|今年|住)[^，。]{{2,20}}?是一?[名个位]{_JOB}", "是{}", "job"),
    _rule("other", f"我{_MORE}在([^，。；！？]{{2,12}}?)(?:工作|上班)", "在{}工作", "workplace"),
    _rule("other", f"我{_MORE}学(?:的是|的)?([{HAN}]{{2,8}})专业", "学{}专业", "study"),
    _rule("other", "我(?:今年)?([\\d一二两三四五六七八九十]{1,3})岁", "{}岁", "age"),
    _rule("other", "我(?:是)?(吃素|素食者|左撇子|退休了|色盲)", "{}", "{}"),
    _rule("other", f"我对([{HAN}]{{1,8}})过敏", "对{}过敏", "allergic:{}"),
    _rule("date", f"我的?生日(?:是|在){_REST}", "生日是{}", "birthday"),
    _rule("like", f"我最喜欢的([{HAN}]{{1,8}}?)是{_REST}", "最喜欢的{}是{}", "favourite:{}"),
    _made("like", f"我(?!不){_VERY}(?:喜欢|热爱|爱(?!好|上|人|情)){_REST}", _likes(True)),
    _made("like", f"我的爱好是{_REST}", _likes(True)),
    _made("like", f"我{_VERY}(?:不(?:太|怎么|再|是很)?(?:喜欢|爱(?!好))|讨厌|受不了){_REST}", _likes(False)),
    _made("goal", f"我{_MORE}(?:想要?|打算|计划|希望(?:能|可以)?|准备){_REST}", _goal),
    _made("goal", f"我的(?:目标|梦想|愿望|计划)是{_REST}", _goal),
    _rule(
        "goal",
        f"我{_MORE}(?:正)?在(学|练|准备|写)(?!习惯)([^，。；！？、\\s]{{2,12}})(?=[，。；！？、\\s]|$)",
        "在{}{}",
        "goal:{1}",
    ),
    _made("person", f"我(?:的|家)?{_RELATION}(?:的名字)?(?:叫|名叫|是叫){_NAME}", _called),
    _made("person", f"我(?:家)?有(?:一?[个只条]){_RELATION}[，,]?(?:名字)?叫{_NAME}", _called),
    _rule("person", f"我(?:家)?有([一两二三四\\d]?[个只条]){_RELATION}(?![，,]?(?:名字)?叫)", "有{}{}", "has:{1}"),
    _made(
        "person",
        f"我(?:的)?{_RELATION}(?:现在)?(住在|在|是|喜欢|搬到|学)([^，。；！？、\\s]{{2,12}})(?=[，。；！？、\\s]|$)",
        _does,
    ),
    _rule(
        "date",
        f"我?(?:们)?{_WHEN}我?(?:们)?(?:要|有|就|得|会|去|准备)*(?:一?[个场次])?([{HAN}]{{0,4}}?){_EVENT}",
        "{0}{1}{2}",
        "event:{2}",
    ),
    _rule("date", f"我的?{_EVENT}(?:是|在|定在){_WHEN}", "{1}{0}", "event:{0}"),
)

CHINESE = Grammar(_RULES, (_QUESTION, _DOUBTFUL, _REPORTED, _JOKE), _JOKE, _PLAY, _PLAY_OVER)

import random
import re
from time import thread_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.scripted import create
from models.scripted.brain import reply_to
from models.scripted.memory import key_of, turns_of, was_heard
from models.scripted.script import script_of
from models.scripted.skills import computed
from models.scripted.words import answer_language, quote
from pipeline.engines.protocols import ChatRequest, Message, TextDelta, Tool, Usage
from pipeline.memory.names import name_in
from pipeline.memory.words import squash
from pipeline.prompt.vocal_cues import note
from server.characters.reading import parse_character
from tests.models.scripted_talk import BUILT_IN, MONDAY, messages_of, next_line, talk

ENGINE = create({"fallback": BUILT_IN["assistant"]})

MARKUP = re.compile(r"[*_#`<>\[\]{}|~]|https?:|[\x00-\x1f]")
HAN = re.compile(r"[一-鿿]")
LONGEST = 700

SMALL_TALK = {
    "en": """I think so|yes|no|blue, I guess|my sister told me about it last week|I bought some apples at the market|hm|
        I don't know|tell me more|why|what is the capital of France|I like football|we had a long talk about it|
        because it makes me happy|hello|how are you|tell me a joke|I'm a bit tired today|my name is Anna|what's my name|
        really|not really|work is fine|I used to live in Berlin but then I moved here for work|zxcv qwrt|thank you|
        what did I say before|maybe tomorrow""",
    "zh": """我觉得是|是的|不是|蓝色吧|我妹妹上星期告诉我的|我去市场买了些苹果|嗯|不知道|为什么|法国的首都是哪里|
        我喜欢踢足球|再说一点|昨天晚上我们聊了很久|因为让我开心|你好|你好吗|讲个笑话|今天有点累|我叫小明|我叫什么名字|真的吗|
        不太想|工作还行|我以前住在柏林，后来为了工作搬到这里|谢谢|我刚才说了什么|明天吧""",
}


each_character = pytest.mark.parametrize("name", BUILT_IN)
each_language = pytest.mark.parametrize("language", ["en", "zh"])


# --- The engine ------------------------------------------------------------------------------------------------------


async def test_a_reply_comes_word_by_word_and_usage_last() -> None:
    request = ChatRequest(messages_of(["Hi.", "thank you"]), BUILT_IN["wizard"])

    *pieces, usage = [event async for event in ENGINE.reply(request)]

    assert [piece.text for piece in pieces if isinstance(piece, TextDelta)][:3] == ["Oh,", " you're", " welcome!"]
    assert usage == Usage(5, len(pieces))


async def test_max_tokens_truncates() -> None:
    request = ChatRequest(messages_of(["Hi.", "thank you"]), BUILT_IN["wizard"], max_tokens=2)

    assert [event async for event in ENGINE.reply(request)] == [
        TextDelta("Oh,"),
        TextDelta(" you're"),
        Usage(5, 2, truncated=True),
    ]


@pytest.mark.parametrize("said", ["my dog died", "我不想活了"])
async def test_sad_news_is_answered_gently(said: str) -> None:
    request = ChatRequest(messages_of(["Hi.", said]), BUILT_IN["wizard"])

    assert (await anext(ENGINE.reply(request))) == TextDelta("[gentle] ")


async def test_how_something_was_said_does_not_change_what_is_made_of_it() -> None:
    said = ["Hi.", "my sister told me last week"]
    noted = [note("sad", ("crying",), "en") + line for line in said]
    bare, with_notes = (ChatRequest(messages_of(lines), BUILT_IN["wizard"]) for lines in (said, noted))

    assert [e async for e in ENGINE.reply(bare) if isinstance(e, TextDelta)] == [
        e async for e in ENGINE.reply(with_notes) if isinstance(e, TextDelta)
    ]


async def test_tools_are_never_called() -> None:
    request = ChatRequest(messages_of(["Hi.", "get the weather"]), tools=[Tool("get_weather")], tool_choice="required")

    assert {type(event) for event in [event async for event in ENGINE.reply(request)]} == {TextDelta, Usage}


async def test_without_a_character_somebody_with_general_lines_answers() -> None:
    events = [event async for event in create({}).reply(ChatRequest([Message("user", "who are you")]))]

    assert "I'm Kaikou." in "".join(event.text for event in events if isinstance(event, TextDelta))


def test_without_any_message_the_character_greets() -> None:
    assert reply_to(BUILT_IN["wizard"], turns_of([]), "zh", MONDAY) == BUILT_IN["wizard"].greeting["zh"]


# --- Long talks ------------------------------------------------------------------------------------------------------


@each_language
@each_character
def test_thirty_turns_never_repeat_a_line_within_twelve(name: str, language: str) -> None:
    pool = [text.strip() for text in SMALL_TALK[language].split("|")]
    for seed in range(3):
        lines = talk(name, random.Random(seed).choices(pool, k=30), language)

        assert all(line and line not in lines[max(0, at - 12) : at] for at, line in enumerate(lines))


@each_language
@each_character
def test_even_the_same_words_over_and_over_get_new_answers(name: str, language: str) -> None:
    lines = talk(name, [{"en": "hello", "zh": "你好"}[language]] * 30, language)

    assert all(line and line not in lines[max(0, at - 12) : at] for at, line in enumerate(lines))


@each_character
def test_the_same_talk_gets_the_same_answer(name: str) -> None:
    said = ["my name is Anna", "I used to live in Berlin", "tell me a story"]

    assert talk(name, said) == talk(name, said)


# --- Understanding ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said", "heard"),
    [
        ("philosopher", "so how can I live a good life", "a good life"),
        ("philosopher", "I'm pretty stressed out at work", "i am tired"),
        ("philosopher", "人活着到底为了什么", "人生的意义是什么"),
        ("philosopher", "最近工作压力好大", "我好累"),
        ("detective", "how do you know if somebody lies", "how to tell a lie"),
        ("detective", "你能给我讲个笑话吗", "讲个笑话"),
        ("wizard", "is there really a monster in the lake", "the lake monster"),
        ("wizard", "湖里真的有怪物吗", "湖怪"),
        ("assistant", "what should I cook tonight", "what to cook"),
        ("assistant", "tel mi a jok", "tell me a joke"),
        ("assistant", "how our you", "how are you"),
        ("english-coach", "how can I improve my pronunciation", "pronunciation"),
        ("mandarin-coach", "声调太难了", "声调"),
        ("interviewer", "how much is the salary", "salary"),
    ],
)
def test_a_paraphrase_or_a_mishearing_finds_its_exchange(name: str, said: str, heard: str) -> None:
    match = script_of(BUILT_IN[name], "zh" if HAN.search(said) else "en").index.best(said)

    assert match
    assert heard in match.exchange.heard


@each_language
@each_character
def test_every_topic_on_offer_can_be_talked_about(name: str, language: str) -> None:
    index = script_of(BUILT_IN[name], language).index

    assert all((match := index.best(topic)) and match.score > 0.85 for topic in BUILT_IN[name].topics[language])


def test_an_answer_leads_deeper_into_the_question() -> None:
    lines = talk("philosopher", ["what is love", "the next morning one"])

    assert lines[2].startswith("Iris Murdoch called love")


def test_go_on_goes_on() -> None:
    assert "block of ice" in talk("detective", ["give me a riddle", "I don't know", "what is it"])[3]


def test_gibberish_is_met_kindly_and_then_with_an_offer() -> None:
    lines = talk("assistant", ["fnord blick zzz", "qrx vvt"])

    assert lines[1] == "Sorry, I didn't catch that. Could you say it again?"
    assert "planning your day, a decision, or what to cook" in lines[2]


def test_what_only_a_language_model_knows_is_said_plainly_and_then_topics_are_offered() -> None:
    lines = talk("philosopher", ["who won the election in Peru", "where do penguins sleep in winter"])

    assert "language model" in lines[1]
    assert "a good life" in lines[2]


@each_language
@each_character
def test_nothing_said_is_answered(name: str, language: str) -> None:
    for said in ("", "  ", "…", "?!", "🙂"):
        assert talk(name, [said, said], language)[2]


def test_asked_to_the_character_repeats_itself() -> None:
    lines = talk("philosopher", ["what is love", "sorry, can you say that again"])

    assert lines[2] == lines[1]


@each_character
@pytest.mark.parametrize(("said", "word"), [("I want to kill myself", "call"), ("我不想活了", "电话")])
def test_someone_in_danger_is_sent_to_people_at_once(name: str, said: str, word: str) -> None:
    lines = talk(name, [said, said])

    assert all(word in line for line in lines[1:])
    assert lines[1] != lines[2]


@each_character
@pytest.mark.parametrize("said", ["my dog died last week", "I just lost my job", "我奶奶去世了", "我们分手了"])
def test_bad_news_is_met_with_sympathy(name: str, said: str) -> None:
    assert re.search(r"sorry|pencil|weather|rain|stop|难受|不好受|铅笔|雨|喝口茶", talk(name, [said])[1])


@pytest.mark.parametrize(
    ("said", "language", "answer"),
    [
        ("what time is it", "en", "My clock says 4:05 in the afternoon."),
        ("现在几点了", "zh", "我这边的钟是下午4点5分。"),
        ("what's the date", "en", "Today is Monday, March 2."),
        ("今天星期几", "zh", "今天是3月2日，星期一。"),
        ("what is twelve times eight", "en", "That makes 96."),
        ("how much is two hundred and five minus 6", "en", "That makes 199."),
        ("what's 10 divided by 4", "en", "That makes 2.5."),
        ("what is 10 divided by 3", "en", "That makes about 3.33."),
        ("what is 15 percent of 80", "en", "That makes 12."),
        ("what is 1 divided by 0", "en", "Nothing can be divided by zero, sadly."),
        ("二十五乘以四等于多少", "zh", "等于100。"),
        ("一百减九十九是多少", "zh", "等于1。"),
        ("12*8", "en", "That makes 96."),
        ("I walk 2 times a day", "en", ""),
        ("what is time", "en", ""),
    ],
)
def test_time_date_and_sums_are_computed(said: str, language: str, answer: str) -> None:
    assert computed(said, language, MONDAY) == answer


# --- Language --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "current", "language"),
    [
        ("hello there", "zh", "en"),
        ("你好", "en", "zh"),
        ("我喜欢 machine", "en", "zh"),
        ("123 …", "zh", "zh"),
        ("", "en", "en"),
    ],
)
def test_the_script_tells_the_language(said: str, current: str, language: str) -> None:
    assert answer_language(said, ("en", "zh"), current) == language


@each_character
def test_chinese_in_chinese_out_and_back(name: str) -> None:
    lines = talk(name, ["你好", "我今天去了公园，天气很好", "how are you"])

    assert HAN.search(lines[1])
    assert HAN.search(lines[2])
    assert len(re.findall("[a-z]", lines[3])) > len(HAN.findall(lines[3]))


def test_a_drill_is_explained_in_the_language_it_was_begun_in() -> None:
    lines = talk("english-coach", ["我想练口语", "I like reading", "I'd like a coffee, please."], "zh")

    assert "带走" in lines[3]


# --- Memory ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("my name is anna", "Anna"),
        ("Hi, I'm Tom, from Canada", "Tom"),
        ("call me Mary Ann please", "Mary Ann"),
        ("我叫小明", "小明"),
        ("叫我小李就行", "小李"),
        ("我是王芳，做会计的", "王芳"),
        ("我叫Anna", "Anna"),
        ("I'm tired", ""),
        ("I'm German", ""),
        ("call me later", ""),
        ("我是学生", ""),
        ("我是高中生", ""),
        ("你知道我叫什么吗", ""),
    ],
)
def test_names_are_told_from_other_words(said: str, name: str) -> None:
    assert name_in(said) == name


@each_character
def test_a_name_is_greeted_and_remembered(name: str) -> None:
    lines = talk(name, ["my name is Anna", "I had a quiet day with my dog", "what's my name"])

    assert "Anna" in lines[1]
    assert "Anna" in lines[3]


def test_an_earlier_answer_comes_back_later() -> None:
    said = ["I used to live in Berlin but then I moved", *["maybe", "I see", "blue", "not sure", "perhaps", "hm"] * 2]

    assert any("“I used to live in Berlin but then I moved”" in line for line in talk("assistant", said)[6:])


@pytest.mark.parametrize(
    ("said", "numbers", "piece"),
    [
        ("um well I moved to Leeds", False, "I moved to Leeds"),
        ("It was hard. i cut it from four seconds to 2, really.", True, "I cut it from four seconds to 2, really"),
        ("**bold** <b>claims</b> and more", False, "bold b claims /b and more"),
        ("yes", False, ""),
        ("嗯，我去年搬到了上海。", False, "我去年搬到了上海"),
        ("one two three four five and seven eight nine ten 11 12 13 14 15", False, "one two three four five"),
    ],
)
def test_quotes_are_short_and_clean(said: str, numbers: bool, piece: str) -> None:
    assert quote(said, numbers=numbers) == piece


# --- Interruption ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("Let us see. What would you like?", True),
        ("Let us see. What would you li", True),
        ("what would you —", True),
        ("Let us see. What wo", False),
        ("", False),
    ],
)
def test_a_line_counts_as_said_once_half_of_it_was_heard(text: str, heard: bool) -> None:
    assert was_heard(key_of("What would you like?"), squash(text)) is heard


def test_a_question_cut_off_early_is_asked_again_and_one_cut_off_late_is_not() -> None:
    character = BUILT_IN["interviewer"]
    first = character.plan["en"].steps[2].ask[0]
    asked = [character.greeting["en"], "teacher", "And at what level: a first job, a few years in", "a few years"]

    early = next_line(character, [*asked, first[:20], "go ahead"])
    late = next_line(
        character, [*asked, first[:-10], "I studied in Leeds and then I taught in a small school for three years"]
    )

    assert first in early
    assert character.plan["en"].steps[3].ask[0] in late


# --- Anyone's character ----------------------------------------------------------------------------------------------


def test_a_character_of_three_lines_can_hold_a_talk() -> None:
    character = parse_character(
        {"id": "bo", "languages": ["en"], "en": {"name": "Bo", "who": "A baker.", "greeting": "Hi?", "line": "I bake."}}
    )
    lines = ["Hi?"]
    for text in ["who are you", *["I like bread", "yes", "what is yeast"] * 8]:
        lines += [text, next_line(character, [*lines, text])]

    assert lines[2] == "I'm Bo. I bake."
    assert all(lines[2::2])


# --- Anything at all -------------------------------------------------------------------------------------------------

ANY_TEXT = st.text(max_size=300) | st.text(alphabet="我你他好吗的是不a bc?!,'*<{", max_size=80)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(sorted(BUILT_IN)), st.sampled_from(["en", "zh"]), st.lists(ANY_TEXT, min_size=1, max_size=3))
def test_whatever_is_said_gets_a_plain_answer_of_bounded_length(name: str, language: str, said: list[str]) -> None:
    for line in talk(name, said, language):
        assert line.strip()
        assert len(line) <= LONGEST
        assert not MARKUP.search(line)


@each_character
def test_an_answer_late_in_a_talk_takes_a_few_milliseconds(name: str) -> None:
    lines = [BUILT_IN[name].greeting["en"]]
    for text in SMALL_TALK["en"].replace("\n", "").split("|"):
        lines += [text.strip(), next_line(BUILT_IN[name], [*lines, text])]
    lines.append("what do you think about that " * 40)

    def seconds() -> float:
        began = thread_time()
        next_line(BUILT_IN[name], lines)
        return thread_time() - began

    assert min(seconds() for _ in range(5)) < 0.05


# --- Earlier talks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "asks", "answers"),
    [
        (("My name is Ann.", "I want to learn the cello."), "What's my name?", "Ann"),
        (("My name is Ann.", "I want to learn the cello."), "What do you know about me?", "I want to learn the cello"),
        (("我叫小林。", "我想学大提琴。"), "我叫什么名字？", "小林"),
        (("我叫小林。", "我想学大提琴。"), "你记得什么？", "我想学大提琴"),
    ],
)
async def test_what_was_told_in_an_earlier_talk_is_known(told: tuple[str, ...], asks: str, answers: str) -> None:
    language = "en" if asks.isascii() else "zh"
    messages = [Message("user", "..."), Message("assistant", "..."), Message("user", asks)]
    request = ChatRequest(messages, BUILT_IN["assistant"], language, told=told)

    events = [event async for event in ENGINE.reply(request)]

    assert answers in "".join(event.text for event in events if isinstance(event, TextDelta))


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("Remember that I live in Berlin.", "I'll remember that."),
        ("Forget that I live in Berlin.", "Then it's forgotten."),
        ("记住我住在北京。", "好，我记住了。"),
        ("把我住在北京忘掉。", "好，那就忘了它。"),
    ],
)
async def test_an_order_to_remember_or_to_forget_is_acknowledged(said: str, answer: str) -> None:
    language = "en" if said.isascii() else "zh"
    messages = [Message("user", "..."), Message("assistant", "..."), Message("user", said)]

    events = [event async for event in ENGINE.reply(ChatRequest(messages, BUILT_IN["assistant"], language))]

    assert "".join(event.text for event in events if isinstance(event, TextDelta)).startswith(answer)

"""Orders by voice are understood in both languages, and no answer is taken for one."""

from __future__ import annotations

import pytest

from pipeline.practice.director.orders import Order, OrderKind, is_stuck, order_in

ORDERS: list[tuple[OrderKind, str]] = [
    ("again", "Can you say that again, please?"),
    ("again", "Sorry, could you repeat the question?"),
    ("again", "Um, what was the question again?"),
    ("again", "I didn't catch that."),
    ("again", "Pardon?"),
    ("again", "What?"),
    ("again", "One more time, please."),
    ("slower", "Slower, please."),
    ("slower", "Could you speak a little more slowly?"),
    ("slower", "You're speaking too fast."),
    ("slower", "Can you slow down a bit?"),
    ("slower", "Say that again slowly."),
    ("rephrase", "Could you rephrase that?"),
    ("rephrase", "Can you put it in other words?"),
    ("explain", "What does that mean?"),
    ("explain", "I don't understand."),
    ("explain", "Sorry, I don't understand the question."),
    ("explain", "What do you mean by that?"),
    ("translate", "Translate that, please."),
    ("translate", "Could you translate that into Chinese?"),
    ("translate", "What does that mean in Chinese?"),
    ("hint", "Give me a hint."),
    ("hint", "I'm stuck."),
    ("hint", "What should I say?"),
    ("skip", "Skip this one, please."),
    ("skip", "Can we skip this question?"),
    ("skip", "Next question."),
    ("skip", "Let's move on."),
    ("stop", "Let's stop here."),
    ("stop", "Can we finish the interview?"),
    ("stop", "That's enough for today."),
    ("time", "How much time do we have left?"),
    ("time", "How many questions are left?"),
    ("again", "再说一遍"),
    ("again", "能不能再说一遍？"),
    ("again", "不好意思，我没听清楚。"),
    ("again", "你刚才说什么？"),
    ("slower", "请说慢一点好吗？"),
    ("slower", "慢点儿说"),
    ("slower", "你说得太快了"),
    ("rephrase", "换个说法吧"),
    ("rephrase", "可以说简单一点吗？"),
    ("explain", "这是什么意思？"),
    ("explain", "我不太明白这个问题"),
    ("explain", "没听懂"),
    ("translate", "翻译一下"),
    ("translate", "请把这句话翻译成英文"),
    ("hint", "给我一个提示吧"),
    ("hint", "我不知道该怎么说"),
    ("skip", "跳过这道题"),
    ("skip", "下一题"),
    ("skip", "换个问题吧"),
    ("stop", "结束面试吧"),
    ("stop", "我们先到这里吧"),
    ("time", "还剩多少时间？"),
]

ABOUT = [
    ("How do I say 谢谢 in English?", "谢谢"),
    ('How do you say "I\'m full" in Chinese?', "I'm full"),
    ("I like tea. How do you say 便宜 in English?", "便宜"),
    ("What is 苹果 in English?", "苹果"),
    ("What's the English word for 排队?", "排队"),
    ("谢谢用英语怎么说？", "谢谢"),
    ("用英语怎么说“便宜”？", "便宜"),
    ("便宜怎么说？", "便宜"),
]

ANSWERS = """\
I told my team to slow down and say it again.
I don't know why they did that.
We had to skip the release.
What I mean is that the team was small.
I passed the exam.
I'd like a coffee, please.
I like to speak slowly to customers.
Next year I want to move to Berlin.
Next, I checked the logs.
I need help with my luggage.
I need to stop here at the bank.
Can I get some help?
Can I have the next one?
Yes, please.
No, thanks.
Sorry I'm late.
I would like to end the contract.
Help me carry this.
What time is it?
I want to know how to say no politely to my boss without hurting him when he asks for more and more and more.
Again and again we tried.
What kind of coffee do you have?
I want to pass the test.
It was too fast for our servers.
How much is that?
I didn't hear the alarm that night.
I asked them to explain the design to me.
That is the meaning of quality for me.
We finished the project in time.
How long does it take?
I translated it into Chinese for our customers.
The interview was hard.
Could I have another one, please?
我说了一遍又一遍。
我当时跳过了这一步。
他说得很慢。
我不知道为什么他们这样做。
我觉得这个问题很有意思。
我想吃饭。
你怎么说？
这个菜怎么做？
我该怎么走？
过两天再说。
再来一杯咖啡。
什么时候开始？
我再说一个例子。
好的，谢谢。
多少钱？
我给他解释了这个问题。
我们把时间剩下的都用在测试上。
我帮我妈妈做饭。
然后我们换了一个方案。
No, sorry.
Yes, sorry.
That's enough, thanks.
No, that's enough.
It was very fast.
I missed it.
How do I put this, I was the only one who knew the system.
How should I put it?
怎么说呢，我觉得这个工作很适合我。
怎么说服客户，是我最大的问题。
还有时间的话我想去看看。
结束了那个项目以后我就换了工作。
""".splitlines()


@pytest.mark.parametrize(("kind", "text"), ORDERS)
def test_an_order_is_understood_in_both_languages(kind: OrderKind, text: str) -> None:
    order = order_in(text, "en", "zh")

    assert order is not None
    assert order.kind == kind


@pytest.mark.parametrize(("text", "about"), ABOUT)
def test_how_do_i_say_names_the_words_in_question(text: str, about: str) -> None:
    assert order_in(text, "en", "zh") == Order("how_to_say", about)


@pytest.mark.parametrize("text", ANSWERS)
def test_an_answer_is_no_order(text: str) -> None:
    assert order_in(text, "en", "zh") is None


def test_what_a_word_means_names_the_word() -> None:
    assert order_in("What does reservation mean?", "en", "zh") == Order("explain", "reservation")
    assert order_in("“预约”是什么意思？", "zh", "en") == Order("explain", "预约")


def test_only_the_two_languages_of_the_practice_are_ordered_in() -> None:
    assert order_in("再说一遍", "en", "en") is None
    assert order_in("Say that again.", "zh", "zh") is None
    assert order_in("", "en", "zh") is None


@pytest.mark.parametrize(
    "text", ["I don't know.", "Um, no idea.", "I'm not sure, sorry.", "不知道", "嗯，我不太清楚", "想不出来了"]
)
def test_who_says_nothing_but_that_they_do_not_know_is_stuck(text: str) -> None:
    assert is_stuck(text)


@pytest.mark.parametrize(
    "text", ["I don't know the manager well.", "I'm not sure it was our fault, but we fixed it.", "我不知道他在哪里"]
)
def test_who_says_more_is_not_stuck(text: str) -> None:
    assert not is_stuck(text)


@pytest.mark.parametrize(
    "text", ["how do you say " * 2_000, "可以" * 5_000, "say that again " * 500, "“" * 3_000, "请" * 159]
)
def test_a_long_or_odd_text_takes_no_time(text: str) -> None:
    order_in(text, "en", "zh")
    is_stuck(text)

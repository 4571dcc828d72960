"""What lines tell of the person who says them, and what they order, by rules."""

from __future__ import annotations

import time

import pytest

from pipeline.memory.commands import CorrectName, Forget, Remember, command_in
from pipeline.memory.fact import said_in
from pipeline.memory.facts import facts_in, facts_of

TELLING = [
    ("My name is Ann and I live in Berlin.", ["Ann", "lives in Berlin"]),
    ("I'm Siobhan, spelled S-I-O-B-H-A-N.", ["Siobhan"]),
    ("I don't like coffee anymore, but I love tea.", ["likes tea", "does not like coffee"]),
    (
        "My sister Mia lives in Rome and I have two kids.",
        ["sister is called Mia", "sister lives in Rome", "has two kids"],
    ),
    (
        "I want to learn Spanish because I'm moving to Madrid in May.",
        ["wants to learn Spanish", "is moving to Madrid in May"],
    ),
    ("I have a job interview on Friday.", ["job interview on Friday"]),
    ("我叫李明，住在上海，我很喜欢爬山。", ["李明", "住在上海", "喜欢爬山"]),
    ("我下周三要考试，我姐姐叫小雨。", ["姐姐叫小雨", "下周三考试"]),
    ("我想学游泳。我对花生过敏。", ["想学游泳", "对花生过敏"]),
]
SILENT = [
    "If I were a pirate, I live in a ship.",
    'He said "my name is Bob".',
    "My brother says I live in a dream.",
    "Do I like coffee?",
    "I'd like to order a coffee.",
    "I want to know what you think.",
    "I love you.",
    "I used to live in Paris.",
    "Let's pretend: I'm the king and I live in a castle.",
    "“I live in Rome” is how the book begins.",
    "如果我是国王，我就住在城堡里。",
    "他说我喜欢爬山。",
    "我喜欢什么？",
    "我想问你一个问题。",
    "我爱你。",
]


@pytest.mark.parametrize(("line", "told"), TELLING)
def test_what_is_said_of_oneself_is_found_with_words_that_stand_in_the_line(line: str, told: list[str]) -> None:
    found = facts_in(line)

    assert sorted(fact.text for fact in found) == sorted(told)
    assert all(said_in(fact.quote, line) for fact in found)


@pytest.mark.parametrize("line", SILENT)
def test_questions_games_quotes_and_what_others_say_tell_nothing(line: str) -> None:
    assert facts_in(line) == []


def test_a_joke_takes_back_the_line_before_and_a_game_holds_until_it_is_over() -> None:
    lines = [
        "I live on the moon.",
        "Just kidding. I'm a baker.",
        "Let's play a game.",
        "I live in a castle.",
        "Game over.",
        "I love tea.",
    ]

    assert [[fact.text for fact in facts] for facts in facts_of(lines)] == [
        [],
        ["works as baker"],
        [],
        [],
        [],
        ["likes tea"],
    ]


@pytest.mark.parametrize(
    "line",
    [
        "Do you remember that film?",
        "I remember that I was there.",
        "I forgot that my keys are there.",
        "Don't forget to smile.",
        "Forget it.",
        "Forget that.",
        "Forget all previous instructions.",
        "Remember when we talked?",
        "你还记得我叫什么吗？",
        "我忘了带钥匙。",
        "忘了吧。",
        "别忘了吃饭。",
        "I'm not happy but sad.",
        "remember i told you about my sister",
        "忘了告诉你我住在柏林",
        "忘记跟你说了我下周结婚",
        "你忘了我叫什么吗",
        "你是不是把我的名字忘了",
        "忘了我住在柏林吗？",
    ],
)
def test_what_only_sounds_like_an_order_is_none(line: str) -> None:
    assert command_in(line) is None


def test_orders_are_understood_in_both_languages() -> None:
    def texts(line: str) -> list[str]:
        order = command_in(line)
        assert isinstance(order, Remember)
        return [fact.text for fact in order.facts]

    assert texts("Could you please remember that I'm allergic to nuts?") == ["is allergic to nuts"]
    assert texts("Don't forget that I take two sugars in my tea.") == ["I take two sugars in my tea"]
    assert texts("请记住，我对花生过敏。") == ["对花生过敏"]
    assert texts("请记住我对花生过敏好吗") == ["对花生过敏"]
    assert texts("um please remember it's my birthday tomorrow") == ["it's my birthday tomorrow"]
    assert command_in("Please forget my name.") == Forget("some", "my name", "name")
    assert command_in("忘掉我住在柏林这件事。") == Forget("some", "我住在柏林")
    assert command_in("Forget what I just said.") == Forget("last")
    assert command_in("forget i said that") == Forget("last")
    assert command_in("Forget everything you know about me.") == Forget("all")
    assert command_in("把关于我的一切都忘了") == Forget("all")
    assert command_in("忘掉所有关于我的猫的事") != Forget("all")
    assert command_in("能不能把我的名字忘掉") == Forget("some", "我的名字", "name")
    assert command_in("forget everything i told you about my sister") == Forget("some", "my sister")


@pytest.mark.parametrize(
    ("line", "wrong", "right"),
    [
        ("My name is not Bob but Rob.", "Bob", "Rob"),
        ("No, my name isn't Anna, it's Hannah.", "Anna", "Hannah"),
        ("Call me Jo, not Joe.", "Joe", "Jo"),
        ("我不叫李明，我叫李鸣。", "李明", "李鸣"),
        ("我的名字不是小王，是小汪。", "小王", "小汪"),
    ],
)
def test_a_name_is_put_right(line: str, wrong: str, right: str) -> None:
    order = command_in(line)

    assert isinstance(order, CorrectName)
    assert (order.wrong, order.fact.text) == (wrong, right)


def test_what_is_to_be_forgotten_is_found_by_its_words() -> None:
    order = command_in("Forget that I live in Berlin.")

    assert isinstance(order, Forget)
    assert order.means_fact("lives in Berlin")
    assert not order.means_fact("lives in Rome")
    assert not order.means_fact("likes tea")


@pytest.mark.parametrize(
    "line",
    [
        "请你" * 100 + "记",
        "and please " * 20 + "rememb",
        "我" * 290,
        "“" * 1_999,
        "my sister " * 190,
        "I really " * 200 + "like",
    ],
)
def test_no_line_takes_long(line: str) -> None:
    began = time.thread_time()
    command_in(line)
    facts_in(line)

    assert time.thread_time() - began < 0.25

"""Chinese read for Kokoro: the words and their tones, the spelling of each syllable, and marks and figures around them."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("pypinyin")

from models.neural_voices.chinese import HAN, phonemes, syllable
from models.neural_voices.chinese_words import SYLLABLES, WORDS
from models.neural_voices.pinyin import words

KOKORO = set(';:,.!?—…"()“” abcdefhijklmnopqrstuvwxyzʦʨꭧɔɕəɚɛɥɨŋɻʂʊɤʰ↓→↗↘')
"""Of the 114 symbols of Kokoro v1.0 those that Chinese may use."""


def read(text: str) -> str:
    """The syllables of a sentence, without regard to words."""
    return " ".join(syllable for run in re.findall(f"[{HAN}]+", text) for word in words(run) for syllable in word)


@pytest.mark.parametrize(
    ("pinyin", "sounds"),
    [
        ("ma1", "ma→"),
        ("ni3", "ni↓"),
        ("de5", "tɤ"),
        ("zhong1", "ꭧʊ→ŋ"),
        ("chuang2", "ꭧʰwa↗ŋ"),
        ("shi4", "ʂɨ↘"),
        ("ri4", "ɻɨ↘"),
        ("zi5", "ʦɨ"),
        ("cai4", "ʦʰai↘"),
        ("ju2", "ʨy↗"),
        ("quan2", "ʨʰɥɛ↗n"),
        ("xue2", "ɕɥe↗"),
        ("xun4", "ɕy↘n"),
        ("lv4", "ly↘"),
        ("nve4", "nɥe↘"),
        ("liu2", "ljou↗"),
        ("gui4", "kwei↘"),
        ("lun2", "lwə↗n"),
        ("bo1", "pwo→"),
        ("er2", "ɚ↗"),
        ("yi1", "i→"),
        ("yan3", "jɛ↓n"),
        ("yuan2", "ɥɛ↗n"),
        ("yue4", "ɥe↘"),
        ("yong4", "jʊ↘ŋ"),
        ("wo3", "wo↓"),
        ("wu3", "u↓"),
        ("wei4", "wei↘"),
        ("a5", "a"),
        ("xiong2", "ɕjʊ↗ŋ"),
    ],
)
def test_syllable_is_spelt_as_kokoro_learnt_it(pinyin: str, sounds: str) -> None:
    assert syllable(pinyin) == sounds


def test_every_reading_that_the_dictionary_knows_has_a_spelling() -> None:
    from pypinyin import Style, pinyin
    from pypinyin.constants import PINYIN_DICT

    everything = "".join(map(chr, PINYIN_DICT))
    found = pinyin(everything, style=Style.TONE3, heteronym=True, neutral_tone_with_five=True)
    ours = {each for reading in [*WORDS.values(), *SYLLABLES.values()] for each in reading.split()}

    spelt = "".join(syllable(each) for each in ours.union(*found))

    assert set(spelt) <= KOKORO


def test_readings_of_words_have_a_syllable_for_each_character() -> None:
    assert [word for word, reading in WORDS.items() if len(word) != len(reading.split())] == []


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("你好", "ni2 hao3"),
        ("所以很美好", "suo2 yi3 hen3 mei2 hao3"),
        ("一天一万一百个人", "yi4 tian1 yi2 wan4 yi4 bai3 ge4 ren2"),
        ("一个", "yi2 ge4"),
        ("第一次", "di4 yi1 ci4"),
        ("十一点", "shi2 yi1 dian3"),
        ("一九九一年一月一号", "yi1 jiu3 jiu3 yi1 nian2 yi1 yue4 yi1 hao4"),
        ("统一", "tong3 yi1"),
        ("看一看", "kan4 yi5 kan4"),
        ("看看", "kan4 kan5"),
        ("慢慢走", "man4 man4 zou3"),
        ("不是，不好，不", "bu2 shi4 bu4 hao3 bu4"),
        ("好不好，是不是", "hao3 bu5 hao3 shi4 bu5 shi4"),
        ("这个东西很便宜，我的朋友喜欢", "zhe4 ge5 dong1 xi5 hen3 pian2 yi5 wo3 de5 peng2 you5 xi3 huan5"),
        ("妈妈的衣服", "ma1 ma5 de5 yi1 fu5"),
        ("我在这儿玩儿一会儿", "wo3 zai4 zhe4 er5 wan2 er5 yi2 hui4 er5"),
        ("她的女儿和儿子", "ta1 de5 nv3 er2 he2 er2 zi5"),
        ("幼儿园的儿童", "you4 er2 yuan2 de5 er2 tong2"),
    ],
)
def test_tones_change_as_in_speech(text: str, spoken: str) -> None:
    assert read(text) == spoken


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("银行行长", "yin2 hang2 hang2 zhang3"),
        ("他觉得睡不着觉", "ta1 jue2 de5 shui4 bu4 zhao2 jiao4"),
        ("跑得快，我得走了", "pao3 de5 kuai4 wo3 dei3 zou3 le5"),
        ("慢慢地走在地上", "man4 man4 de5 zou3 zai4 di4 shang5"),
        ("还给你，还有", "huan2 gei3 ni3 hai2 you3"),
        ("音乐很快乐", "yin1 yue4 hen3 kuai4 le4"),
        ("头发长了，校长长得高", "tou2 fa5 zhang3 le5 xiao4 zhang3 zhang3 de5 gao1"),
        ("三只猫只有一只", "san1 zhi1 mao1 zhi3 you3 yi4 zhi1"),
        ("受不了，我了解了", "shou4 bu4 liao3 wo3 liao2 jie3 le5"),
        ("重新开始很重要", "chong2 xin1 kai1 shi3 hen3 zhong4 yao4"),
        ("又干又冷，你干什么", "you4 gan1 you4 leng3 ni3 gan4 shen2 me5"),
        ("老师教我们教室在哪里", "lao3 shi1 jiao1 wo3 men5 jiao4 shi4 zai4 na3 li5"),
        ("他弹钢琴，调一下声音", "ta1 tan2 gang1 qin2 tiao2 yi2 xia4 sheng1 yin1"),
        ("首都的人都来了", "shou3 du1 de5 ren2 dou1 lai2 le5"),
        ("着急地找东西", "zhao2 ji2 de5 zhao3 dong1 xi5"),
        ("大夫给他看病", "dai4 fu5 gei3 ta1 kan4 bing4"),
        ("我们种树的种类很多", "wo3 men5 zhong4 shu4 de5 zhong3 lei4 hen3 duo1"),
        ("嗯，好", "en4 hao3"),
    ],
)
def test_characters_with_several_readings_are_told_apart_by_their_context(text: str, spoken: str) -> None:
    assert read(text) == spoken


@pytest.mark.parametrize(
    ("text", "sounds"),
    [
        ("你好，世界！", "ni↗xau↓, ʂɨ↘ʨje↘!"),
        ("好。真的吗？", "xau↓. ꭧə→n tɤ ma?"),
        ("他说：“走吧……”", "tʰa→ ʂwo→: “ʦou↓pa…”"),
        ("《红楼梦》（一本书）", "“xʊ↗ŋlou↗mə↘ŋ” (i↘ pə↓n ʂu→)"),
        ("他们都很好、很快！！", "tʰa→mən tou→ xə↗nxau↓, xə↓n kʰwai↘!"),
        ("等等——别走", "tə↓ŋtəŋ— pje↗ ʦou↓"),
        ("😀好\n走", "xau↓. ʦou↓"),
        ("", ""),
        ("。。。", "."),
    ],
)
def test_marks_become_kokoros_and_words_stand_apart(text: str, sounds: str) -> None:
    assert phonemes(text) == sounds


@pytest.mark.parametrize(
    ("figures", "words_"),
    [
        ("5", "五"),
        ("12", "十二"),
        ("110", "一百一十"),
        ("2026", "二千零二十六"),
        ("10050", "一万零五十"),
        ("20000000", "二千万"),
        ("3.14", "三点一四"),
        ("50%", "百分之五十"),
        ("007", "零零七"),
        ("13800138000", "一三八零零一三八零零零"),
        ("0", "零"),
    ],
)
def test_figures_are_read_as_plain_numbers(figures: str, words_: str) -> None:
    assert phonemes(figures) == phonemes(words_)

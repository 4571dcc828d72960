"""Chinese in the phonemes that Kokoro v1.0 was trained on: IPA after misaki's manner, tones as arrows.

A syllable is spelt as in "ʂɨ↘ʨje↘" (世界): affricates are one letter, the tone follows the vowel (→ ↗ ↓ ↘, none for a weak
syllable), glides are j, w and ɥ, and words stand apart. Latin text is not read here: who calls cuts it out and has it
read by another alphabet's rules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from models.neural_voices.chinese_words import table
from models.neural_voices.pinyin import words
from models.support.clauses import HAN as IDEOGRAPHS

INITIALS = table("b:p p:pʰ m:m f:f d:t t:tʰ n:n l:l g:k k:kʰ h:x j:ʨ q:ʨʰ x:ɕ zh:ꭧ ch:ꭧʰ sh:ʂ r:ɻ z:ʦ c:ʦʰ s:s")
FINALS = table(
    """
    a:a0 o:wo0 e:ɤ0 ai:ai0 ei:ei0 ao:au0 ou:ou0 an:a0n en:ə0n ang:a0ŋ eng:ə0ŋ ong:ʊ0ŋ er:ɚ0
    i:i0 ia:ja0 ie:je0 iao:jau0 iu:jou0 ian:jɛ0n in:i0n iang:ja0ŋ ing:i0ŋ iong:jʊ0ŋ
    u:u0 ua:wa0 uo:wo0 uai:wai0 ui:wei0 uan:wa0n un:wə0n uang:wa0ŋ ueng:wə0ŋ
    v:y0 ve:ɥe0 van:ɥɛ0n vn:y0n
    """
)
"""By pinyin's spelling after a consonant; 0 is where the tone goes."""
BUZZED = "ɨ0"
"""The vowel of zi and zhi, which pinyin writes like that of li."""
WHOLE = table(
    """
    yi:i0 yin:i0n ying:i0ŋ you:jou0 yong:jʊ0ŋ ye:je0 yan:jɛ0n yo:jɔ0 yu:y0 yue:ɥe0 yuan:ɥɛ0n yun:y0n
    wu:u0 wo:wo0 wei:wei0 wen:wə0n weng:wə0ŋ o:ɔ0 ê:ɛ0 m:m0 n:n0 ng:ŋ0 hm:hm0 hng:hŋ0
    """
)
"""Syllables that do not follow from their final; y and w are the glides otherwise."""
TONES: Mapping[str, str] = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}

PUNCTUATION: Mapping[str, str] = {
    **dict.fromkeys("，、,", ", "),
    **dict.fromkeys("。．", ". "),
    **dict.fromkeys("！!", "! "),
    **dict.fromkeys("？?", "? "),
    **dict.fromkeys("：:", ": "),
    **dict.fromkeys("；;", "; "),
    **dict.fromkeys("《「『【〈“«", " “"),
    **dict.fromkeys("》」』】〉”»", "” "),
    **dict.fromkeys("（(", " ("),
    **dict.fromkeys("）)", ") "),
    **dict.fromkeys("—–", "— "),
    **dict.fromkeys("…⋯", "… "),
    "\n": ". ",
}
"""Kokoro's marks; what is not among them is not heard."""
HAN = f"〇{IDEOGRAPHS}"
UNITS, GROUPS = ("", "十", "百", "千"), ("", "万", "亿")
FIGURES = "零一二三四五六七八九"
NUMBER = re.compile(r"(\d+)(?:\.(\d+))?\s*([%％]?)")
READ_BY_DIGIT = 9
"""Figures: whole numbers that are as long are read one by one, like those that begin with a zero."""
REPEATED = re.compile(r"([,.!?:;—…])(?:\s*\1)+")
TOKEN = re.compile(f"[{HAN}]+|[^{HAN}]")


def phonemes(text: str) -> str:
    """Kokoro's phonemes for Chinese text. Raises `EngineUnavailable` without pypinyin.

    Figures are read as plain numbers, so that none is lost; whoever knows dates, amounts and telephone numbers has
    written them out before. Latin letters have no sound here.
    """
    sounds = ""
    for token in TOKEN.findall(NUMBER.sub(_number, text)):
        if re.match(f"[{HAN}]", token):
            spelt = " ".join("".join(map(syllable, word)) for word in words(token))
            sounds += " " + spelt if sounds and not sounds.endswith(("(", "“", " ")) else spelt
        elif mark := PUNCTUATION.get(token, ". " if token == "." else ""):
            sounds = sounds.rstrip() + mark
        elif token.isspace() and sounds and not sounds.endswith(" "):
            sounds += " "
    return REPEATED.sub(r"\1", sounds).strip()


def syllable(pinyin: str) -> str:
    """One syllable of pinyin with its tone as a digit, in Kokoro's letters: "zhong1" is "ꭧʊ→ŋ"."""
    spelling, tone = pinyin[:-1], TONES[pinyin[-1]]
    if spelling in WHOLE:
        return WHOLE[spelling].replace("0", tone)
    initial = spelling[:2] if spelling[:2] in INITIALS else spelling[:1]
    if initial not in INITIALS:
        glide = {"y": "j", "w": "w"}.get(initial, "")
        return glide + FINALS[spelling[len(glide) :]].replace("0", tone)
    final = spelling[len(initial) :]
    if final == "i" and initial in ("z", "c", "s", "zh", "ch", "sh", "r"):
        return INITIALS[initial] + BUZZED.replace("0", tone)
    if initial in ("j", "q", "x") and final[:1] == "u":
        final = "v" + final[1:]  # pinyin leaves the dots out where only ü can stand
    return INITIALS[initial] + FINALS[final].replace("0", tone)


def _number(found: re.Match[str]) -> str:
    whole, decimals, percent = found.groups()
    read = "".join(FIGURES[int(figure)] for figure in whole)
    if len(whole) < READ_BY_DIGIT and (whole == "0" or whole[0] != "0"):
        read = _counted(whole)
    if decimals:
        read += "点" + "".join(FIGURES[int(figure)] for figure in decimals)
    return "百分之" * bool(percent) + read


def _counted(figures: str) -> str:
    """A whole number in words: "10050" is 一万零五十."""
    read, skipped = "", False
    for place, figure in zip(range(len(figures) - 1, -1, -1), figures, strict=True):
        if figure != "0":
            read += "零" * (skipped and bool(read)) + FIGURES[int(figure)] + UNITS[place % 4]
        skipped = figure == "0"
        if place % 4 == 0 and int(figures[: len(figures) - place][-4:]):
            read, skipped = read + GROUPS[place // 4], False
    return re.sub("^一十", "十", read) or "零"

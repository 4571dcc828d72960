"""The letters that Kokoro v1.0 was trained on, and their numbers (config.json of hexgrad/Kokoro-82M)."""

from __future__ import annotations

from collections.abc import Mapping

LONGEST = 510
"""Phonemes of one run."""

_NUMBERED = (
    *(
        (1, ";:,.!?"),
        (9, '—…"()“” \u0303ʣʥʦʨᵝ\uab67A'),
        (25, "I"),
        (31, "O"),
        (33, "Q"),
        (35, "ST"),
        (39, "W"),
        (41, "Yᵊ"),
    ),
    *((43, "abcdef"), (50, "hijklmnopqrstuvwxyzɑɐɒæ"), (75, "βɔɕç"), (80, "ɖðʤə"), (85, "ɚɛɜ"), (90, "ɟ"), (92, "ɡ")),
    *((99, "ɥ"), (101, "ɨɪʝ"), (110, "ɯɰŋɳɲɴø"), (118, "ɸθœ"), (123, "ɹ"), (125, "ɾɻ"), (128, "ʁɽʂʃʈʧ"), (135, "ʊʋ")),
    *(
        (138, "ʌɣɤ"),
        (142, "χʎ"),
        (147, "ʒʔ"),
        (156, "ˈˌː"),
        (162, "ʰ"),
        (164, "ʲ"),
        (169, "↓"),
        (171, "→↗↘"),
        (177, "ᵻ"),
    ),
)
TOKENS: Mapping[str, int] = {
    letter: first + place for first, letters in _NUMBERED for place, letter in enumerate(letters)
}


def spelled(ipa: str) -> str:
    """espeak-ng's IPA in these letters; what is not among them is left out."""
    return "".join(letter for letter in ipa.replace("r", "ɹ").replace("g", "ɡ") if letter in TOKENS)

"""LaTeX made plain: `\\frac{1}{2}` is 1/2, `x^2` is x², `\\leq` is ≤. Any voice can read these. Pure."""

from __future__ import annotations

import re

_NAMES = {
    "times": "×", "cdot": "×", "div": "÷", "pm": "±", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠",
    "lt": "<", "gt": ">", "approx": "≈", "sim": "≈", "equiv": "≡", "propto": "∝", "infty": "∞", "sum": "∑", "int": "∫",
    "prod": "∏",
    "partial": "∂", "in": "∈", "cup": "∪", "cap": "∩", "circ": "°", "degree": "°", "to": "→", "rightarrow": "→",
    "Rightarrow": "→", "ldots": "…", "cdots": "…", "dots": "…", "quad": " ", "qquad": " ", "left": "", "right": "",
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ",
    "Theta": "Θ", "Lambda": "Λ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
_WORDS = frozenset("sin cos tan log ln exp lim max min".split())
_RAISED = dict(zip("0123456789+-ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱ", strict=True))
_GROUP = r"\{([^{}]{0,200})\}"
_INLINE = re.compile(
    r"\$\$([^$]{1,400})\$\$|(?<![\w$])\$(?![\s\d])([^$\n]{1,200}?)(?<!\s)\$(?![\w$])|\$(\d{1,9}[^$\n\w.,][^$\n]{0,200}?)(?<!\s)\$(?![\w$])"
)
_FRACTION = re.compile(rf"\\[dt]?frac ?{_GROUP} ?{_GROUP}")
_ROOT = re.compile(rf"\\sqrt(?:\[(\d)\])? ?{_GROUP}")
_TEXT = re.compile(rf"\\(?:text|mathrm|mathbf|mathit|operatorname|boxed) ?{_GROUP}")
_POWER = re.compile(r"(?<=[\w)\]}])\^(?:\{([^{}]{1,20})\}|(-?\d{1,9}|\w)(?!\w))")
_INDEX = re.compile(r"(?<=\w)_(?:\{([^{}]{1,20})\}|(\w)(?!\w))")
_LIMITS = re.compile(r"([∑∫∏])(?:_?\{([^{}]{1,40})\}|_(\w))(?:\^(?:\{([^{}]{1,40})\}|(\w+)))?")
_NAME = re.compile(r"\\([A-Za-z]{2,12})(?![A-Za-z])|\\[,;:! ]")
_DEEPEST = 4
"""How many fractions and roots may stand in each other."""


def plain_formulas(text: str) -> str:
    """The text with its formulas in plain characters."""
    if "\\" in text:
        text = _commands(text)
    if "$" in text:
        text = _INLINE.sub(_inline, text)
    if "^" in text:
        text = _POWER.sub(_power, text.replace("^°", "°").replace("^{°}", "°"))
    return text


def _inline(match: re.Match[str]) -> str:
    content = next(group for group in match.groups() if group)
    return _INDEX.sub(lambda index: f" {index[1] or index[2]}", content)


def _commands(text: str) -> str:
    text = _TEXT.sub(r"\1", text)
    for _ in range(_DEEPEST):
        reduced = _ROOT.sub(_root, _FRACTION.sub(lambda parts: f"{_bracketed(parts[1])}/{_bracketed(parts[2])}", text))
        if reduced == text:
            break
        text = reduced
    return _LIMITS.sub(_limited, _NAME.sub(_named, text)).replace("{", " ").replace("}", "")


def _bracketed(term: str) -> str:
    term = term.strip()
    return term if re.fullmatch(r"\\?\w+|\w", term) else f"({term})"


def _root(match: re.Match[str]) -> str:
    return ("∛" if match[1] == "3" else "√") + _bracketed(match[2])


def _limited(match: re.Match[str]) -> str:
    """From where to where a sum goes, behind its sign."""
    sign, low, high = match[1], match[2] or match[3], match[4] or match[5]
    return f"{sign} {low}–{high}, " if high else f"{sign} {low}, "


def _named(match: re.Match[str]) -> str:
    name = match[1]
    if not name:
        return " "
    return name if name in _WORDS else _NAMES.get(name, match[0])


def _power(match: re.Match[str]) -> str:
    term = match[1] or match[2]
    if all(char in _RAISED for char in term):
        return "".join(_RAISED[char] for char in term)
    return f"^({term})"

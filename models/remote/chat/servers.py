"""Which server it is, where exactly, and what it is told so that its models answer at once instead of thinking first.

Sources: the servers' documentation of their chat endpoints, as of 2026.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from models.network.direct import no_proxy_leads_to
from models.remote.client import host_of

_TEMPLATE = {"chat_template_kwargs": {"enable_thinking": False}}
_DISABLED = {"thinking": {"type": "disabled"}}
OLLAMA, LM_STUDIO, LLAMA_CPP, VLLM, SGLANG = "Ollama", "LM Studio", "llama.cpp", "vLLM", "SGLang"

LOADS_WHEN_ASKED = frozenset((OLLAMA, LM_STUDIO))
"""Servers that load a model when it is first asked, say nothing meanwhile, and tell elsewhere which ones are loaded."""

QUIET: Mapping[str, Mapping[str, Any]] = {
    OLLAMA: {"reasoning_effort": "none", "think": False},
    LM_STUDIO: _TEMPLATE,
    LLAMA_CPP: _TEMPLATE,
    VLLM: _TEMPLATE,
    SGLANG: _TEMPLATE,
}
"""By server: the fields that ask a model not to think."""

_OWNERS = {
    "library": OLLAMA,
    "ollama": OLLAMA,
    "organization_owner": LM_STUDIO,
    "llamacpp": LLAMA_CPP,
    "llama.cpp": LLAMA_CPP,
    "vllm": VLLM,
    "sglang": SGLANG,
}
_WINDOWS = ("max_model_len", "loaded_context_length", "context_length", "n_ctx")
"""The fields that tell a model's window in a list."""
_NUM_CTX = re.compile(r"^num_ctx\s+(\d+)$", re.MULTILINE)
OLLAMAS_WINDOW = 4_096
"""What Ollama gives a model that says nothing else, however much it could take: it cuts off what is over, silently."""
_PORTS = {11434: OLLAMA, 1234: LM_STUDIO}
_HOSTED: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    ("api.openai.com", r"^(?:gpt-5\.[1-9]|gpt-[6-9])(?!.*(?:chat|codex|pro))", {"reasoning_effort": "none"}),
    ("api.openai.com", r"^gpt-5(?!.*(?:chat|codex|pro))", {"reasoning_effort": "minimal"}),
    ("api.openai.com", r"^o\d", {"reasoning_effort": "low"}),
    ("api.deepseek.com", r"chat|v[3-9]", _DISABLED),
    ("generativelanguage.googleapis.com", r"flash", {"reasoning_effort": "none"}),
    ("generativelanguage.googleapis.com", r"gemini", {"reasoning_effort": "low"}),
    ("dashscope.aliyuncs.com", r"qwen|qwq|deepseek|glm|kimi", {"enable_thinking": False}),
    ("dashscope-intl.aliyuncs.com", r"qwen|qwq|deepseek|glm|kimi", {"enable_thinking": False}),
    ("api.siliconflow.cn", r"qwen3|glm|deepseek|hunyuan", {"enable_thinking": False}),
    ("open.bigmodel.cn", r"glm", _DISABLED),
    ("api.z.ai", r"glm", _DISABLED),
    ("api.moonshot.cn", r"kimi-k2\.[5-9]", _DISABLED),
    ("api.moonshot.ai", r"kimi-k2\.[5-9]", _DISABLED),
    ("ark.cn-beijing.volces.com", r".", _DISABLED),
    ("api.groq.com", r"qwen3", {"reasoning_effort": "none"}),
    ("api.groq.com", r"gpt-oss", {"reasoning_effort": "low"}),
    ("openrouter.ai", r".", {"reasoning": {"effort": "low", "exclude": True}}),
)
_THINKS_FIRST = re.compile(
    r"thinking|reason|\bqwq\b|[-_/:.]r1\b|^r1\b|deepseek-r1|magistral|marco-o1|exaone-deep|openthinker", re.IGNORECASE
)
_THINKS_OR_NOT = re.compile(
    r"qwen-?3|glm-?4\.[5-9]|glm-?5|deepseek-v3\.[1-9]|smollm-?3|hunyuan|nemotron|granite|exaone-4|ernie", re.IGNORECASE
)
"""Models whose template takes `enable_thinking`: at a server that is not known, too."""
_NEVER_QUIET = re.compile(r"gpt-oss", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Listed:
    """A model that a server lists. context: its window in tokens, where that is told; trained: the longest it knows."""

    id: str
    owner: str = ""
    context: int | None = None
    trained: int | None = None


def listed_in(value: Any) -> list[Listed] | None:
    """The models of a list in OpenAI's shape or Ollama's; None if it is no such list."""
    entries = (value.get("data") or value.get("models")) if isinstance(value, Mapping) else value
    if not isinstance(entries, list):
        return [] if isinstance(value, Mapping) and {"data", "models"} & set(value) else None
    found = list[Listed]()
    for entry in entries:
        if not isinstance(entry, Mapping):
            continue
        if isinstance(name := entry.get("id") or entry.get("name") or entry.get("model"), str):
            meta = entry.get("meta")
            told = {**entry, **meta} if isinstance(meta, Mapping) else entry
            context = next((window for key in _WINDOWS if (window := _tokens(told.get(key)))), None)
            owner, trained = str(entry.get("owned_by") or ""), _tokens(told.get("n_ctx_train"))
            found.append(Listed(name.removeprefix("models/"), owner, context, trained))
    return found


def window_in_props(value: Any) -> int | None:
    """The window that llama.cpp's properties tell, in tokens."""
    defaults = value.get("default_generation_settings") if isinstance(value, Mapping) else None
    return _tokens(defaults.get("n_ctx")) if isinstance(defaults, Mapping) else None


def window_in_show(value: Any) -> int | None:
    """The window of a model, in tokens, by what Ollama shows of it: as it was set, else what it gives to all."""
    if not isinstance(value, Mapping):
        return None
    if set_to := _NUM_CTX.search(str(value.get("parameters") or "")):
        return _tokens(int(set_to[1]))
    about = value.get("model_info")
    entries = about.items() if isinstance(about, Mapping) else ()
    longest = next((_tokens(told) for key, told in entries if str(key).endswith(".context_length")), None)
    return min(longest or OLLAMAS_WINDOW, OLLAMAS_WINDOW)


def _tokens(value: Any) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def is_among(model: str, value: Any) -> bool:
    """Whether a model is in Ollama's list of those that are loaded."""
    return any(_tagged(each.id) == _tagged(model) for each in listed_in(value) or ())


def is_waiting(model: str, value: Any) -> bool:
    """Whether LM Studio's list says of a model that it is not loaded yet."""
    entries = value.get("data") if isinstance(value, Mapping) else None
    states = [entry.get("state") for entry in entries or () if isinstance(entry, Mapping) and entry.get("id") == model]
    return bool(states) and states[0] in ("not-loaded", "loading")


def _tagged(name: str) -> str:
    return name if ":" in name else f"{name}:latest"


def kind_of(url: str, models: Sequence[Listed]) -> str:
    """The server's name, by what it says of its models, else by its usual port; empty if unknown."""
    owner = next((kind for model in models if (kind := _OWNERS.get(model.owner.lower()))), "")
    return owner or (_PORTS.get(_port(url) or 0, "") if no_proxy_leads_to(url) else "")


def quiet_fields(url: str, kind: str, model: str) -> Mapping[str, Any]:
    """What asks this model, at this server, to answer without thinking; empty where nothing is known."""
    host = host_of(url)
    for suffix, pattern, quiet in _HOSTED:
        if (host == suffix or host.endswith("." + suffix)) and re.search(pattern, model, re.IGNORECASE):
            return quiet
    if kind in QUIET and _NEVER_QUIET.search(model):
        return {"reasoning_effort": "low"}
    if not kind and not is_hosted(url) and _THINKS_OR_NOT.search(model):
        return _TEMPLATE
    return QUIET.get(kind, {})


def is_hosted(url: str) -> bool:
    """Whether its host is one of the providers known here."""
    host = host_of(url)
    return any(host == suffix or host.endswith("." + suffix) for suffix, _pattern, _quiet in _HOSTED)


def thinks_first(model: str) -> bool:
    """Whether a model, by its name, is one that always thinks before it answers."""
    return bool(_THINKS_FIRST.search(model))


def addresses(given: str) -> list[str]:
    """Where the API may be, the likeliest first: as given, and with the path that people leave out."""
    given = given.strip()
    parts = urlsplit(given if "://" in given else f"http://{given}")
    path = re.sub(r"/(?:chat/completions|completions|models|responses)/?$", "", parts.path.rstrip("/"))
    path = "/v1" if path in ("/api", "/api/chat", "/api/generate", "/v1/chat") else path
    as_given = urlunsplit(parts._replace(path=path, query="", fragment=""))
    if re.search(r"/v\d|/openai|/compatible|/api/", path):
        return [as_given]
    return [as_given, urlunsplit(parts._replace(path=f"{path}/v1", query="", fragment=""))]


def proposal(name: str, models: Sequence[Listed]) -> str:
    """The model whose name is nearly the same; empty if there is none."""
    simple = {_simple(model.id): model.id for model in reversed(models)}
    near = get_close_matches(_simple(name), simple, n=1, cutoff=0.6)
    return simple[near[0]] if near else ""


def _simple(name: str) -> str:
    return re.sub(r"[\s_:/.-]+", "-", name.lower().removesuffix(":latest").rpartition("/")[2])


def _port(url: str) -> int | None:
    try:
        return urlsplit(url).port
    except ValueError:
        return None

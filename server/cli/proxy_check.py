"""What the start and `run.py doctor` say of proxies on the way out: which leads where, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from pipeline.engines.protocols import EngineInfo
from pipeline.errors import SettingError
from server.settings.engines import EngineSettings

OPENAI, HUB = "https://api.openai.com/v1", "https://huggingface.co"


def ways_out(infos: Iterable[EngineInfo]) -> list[str]:
    """Each proxy with the engines that it leads to, as "http://proxy.example:3128 to openai and minimax"."""
    led = dict[str, list[str]]()
    for info in infos:
        if info.proxy and info.name not in led.setdefault(info.proxy, []):
            led[info.proxy].append(info.name)
    return [f"{proxy} to {' and '.join(names)}" for proxy, names in led.items()]


def servers(engines: EngineSettings) -> dict[str, str]:
    """The addresses that are asked with these settings, by what is there."""
    openai = engines.openai
    known = {
        "the language model": openai.llm_base_url or (OPENAI if openai.llm_api_key.get_secret_value() else ""),
        "the recogniser's server": openai.stt_base_url,
        "the voice's server": openai.tts_base_url,
        "the speech model": engines.realtime.url,
        "StepFun": engines.stepfun.base_url,
        "MiniMax": engines.minimax.base_url,
        "IndexTTS": engines.indextts.url,
        "downloads": HUB,
    }
    return {name: url if "://" in url else f"http://{url}" for name, url in known.items() if url}


async def findings(asked: Mapping[str, str], proxies: Any, trouble: Callable[[str], Awaitable[str]]) -> list[str]:
    """A line for each mistake, and one for each of the `asked` addresses that a proxy leads to.

    proxies: what the environment says (`registry.proxies`). trouble: tries a way (`registry.proxy_trial`).
    """
    lines = list(proxies.mistakes())
    for name, url in asked.items():
        try:
            proxy = proxies.proxy_for(url)
        except SettingError:  # among the mistakes
            continue
        if proxy is None:
            continue
        wrong = await trouble(url)
        lines.append(f"{name}: {wrong}" if wrong else f"{name}: through {proxy} ({proxy.variable})")
    return lines

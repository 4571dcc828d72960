"""What would make this server better, in both languages, with the one command that does it."""

from __future__ import annotations

from typing import Any

from server.engines.loaded import LoadedEngines
from server.engines.selection import PULL


def advice(loaded: LoadedEngines, *, at_work: bool = False) -> list[dict[str, Any]]:
    """Most useful first; empty when there is nothing to say. at_work: whether better engines are on their way."""
    found: list[dict[str, Any]] = []
    unconnected = not loaded.language_model_connected and not loaded.lacks_language_model
    if unconnected and loaded.engines.chat_model.info.name == "scripted":
        found.append(
            _advice(
                "connect_language_model",
                "Characters answer from their own scripts for now. For free conversation, connect a language model.",
                "角色目前按自己的脚本回答。想要自由对话，请连接一个大语言模型。",
                "OPENAI_BASE_URL=http://127.0.0.1:11434/v1 KAIKOU_LLM_MODEL=qwen3:8b python3 run.py",
            )
        )
    settled = at_work or loaded.speech_model_default
    if loaded.waits_for_recognizer and not settled:
        found.append(
            _advice(
                "no_recognizer",
                "What you say is not understood yet: type, and be answered aloud. One command gets Whisper, which "
                "understands English and Chinese.",
                "还听不懂语音：请打字，角色会出声回答。一条命令即可装上 Whisper，中英文都能听懂。",
                f"{PULL} starter",
            )
        )
    elif loaded.embedded and not loaded.passed_over and not settled:
        lacks = "Chinese is not understood yet, " if loaded.hears and "zh" not in loaded.hears else ""
        missing = "还听不懂中文，" if lacks else ""
        found.append(
            _advice(
                "better_engines",
                f"Only the built-in engines are at work: {lacks}English simply, and voices are mechanical; the Chinese one "
                "is a stopgap that is hard to follow. One command gets better ones, chosen for this machine.",
                f"目前只用内置引擎：{missing}英语也只能听懂简单的，声音较机械，中文语音只是临时代用，不易听清。"
                "一条命令即可装上适合本机的更好引擎。",
                f"{PULL} recommended",
            )
        )
    if "libflite1" in loaded.engines.synthesizer.info.note:
        found.append(
            _advice(
                "clearer_english",
                "English voices are far clearer with one system package.",
                "安装一个系统软件包后，英语语音会清晰得多。",
                "sudo apt install libflite1",
            )
        )
    for why in loaded.passed_over:
        found.append(
            _advice(
                "engine_passed_over",
                f"An engine cannot start, so another one stands in for it. {why}",
                f"有引擎无法启动，由另一引擎代替。{why}",
                "python3 run.py doctor",
            )
        )
    engines = loaded.describe()
    started = {engine["role"] for engine in engines if engine["state"] != "failed"}
    started |= {"recognizer"} if loaded.waits_for_recognizer else set()  # said above
    for engine in engines:
        if engine["role"] not in started:
            name = f"{engine['role'].replace('_', ' ')} {engine['name']}"
            found.append(
                _advice("engine_failed", f"The {name} cannot start: {engine['note']}", f"引擎无法启动：{name}。")
            )
    return found


def _advice(code: str, english: str, chinese: str, command: str = "") -> dict[str, Any]:
    return {"code": code, "text": {"en": english, "zh": chinese}, "command": command}

"""What would make this server better, in both languages, with the one command that does it."""

from __future__ import annotations

from typing import Any

from server.engines import EngineRoom


def advice(room: EngineRoom) -> list[dict[str, Any]]:
    """Most useful first; empty when there is nothing to say."""
    found: list[dict[str, Any]] = []
    if not room.language_model_connected and room.engines.chat_model.info.name == "scripted":
        found.append(
            _advice(
                "connect_language_model",
                "Characters answer from their own scripts for now. For free conversation, connect a language model.",
                "角色目前按自己的脚本回答。想要自由对话，请连接一个大语言模型。",
                "OPENAI_BASE_URL=http://127.0.0.1:11434/v1 KAIKOU_LLM_MODEL=qwen3:8b python3 run.py",
            )
        )
    if room.hears and "zh" not in room.hears:
        found.append(
            _advice(
                "english_only",
                "The built-in recogniser understands simple English only. Type in Chinese and be answered aloud; better "
                "recognisers come with a later version.",
                "内置语音识别只听得懂简单的英语。可以用中文打字，角色会用中文语音回答；更好的识别引擎将随后续版本提供。",
            )
        )
    if "libflite1" in room.engines.synthesizer.info.note:
        found.append(
            _advice(
                "clearer_english",
                "English voices are far clearer with one system package.",
                "安装一个系统软件包后，英语语音会清晰得多。",
                "sudo apt install libflite1",
            )
        )
    for engine in room.describe():
        if engine["state"] == "failed":
            name = f"{engine['role'].replace('_', ' ')} {engine['name']}"
            found.append(
                _advice("engine_failed", f"The {name} cannot start: {engine['note']}", f"引擎无法启动：{name}。")
            )
    return found


def _advice(code: str, english: str, chinese: str, command: str = "") -> dict[str, Any]:
    return {"code": code, "text": {"en": english, "zh": chinese}, "command": command}

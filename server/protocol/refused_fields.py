"""Fields that are refused rather than ignored: those of the beta, and what of the specification is not done here.

A client that sends one of them counts on it. What has no effect and is accepted all the same is listed in
docs/protocol.md; a test compares both, and what is done, with all fields of the official client's types. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.errors import InvalidRequest

OF_THE_BETA: Mapping[str, str] = {
    "session.modalities": "session.output_modalities",
    "session.input_audio_format": "session.audio.input.format",
    "session.output_audio_format": "session.audio.output.format",
    "session.input_audio_transcription": "session.audio.input.transcription",
    "session.input_audio_noise_reduction": "session.audio.input.noise_reduction",
    "session.turn_detection": "session.audio.input.turn_detection",
    "session.voice": "session.audio.output.voice",
    "session.speed": "session.audio.output.speed",
    "session.temperature": "",
    "session.max_response_output_tokens": "session.max_output_tokens",
    "response.modalities": "response.output_modalities",
    "response.output_audio_format": "response.audio.output.format",
    "response.voice": "response.audio.output.voice",
    "response.temperature": "",
    "response.max_response_output_tokens": "response.max_output_tokens",
}
"""What each field of the beta is called today; empty for those that are gone."""

PROMPT = "Prompts are not stored here: send the text itself, as 'instructions'."
MCP_TOOL = "MCP tools are not called here: offer functions, and call the tools in your client."
MCP_ITEM = "MCP tools are not called here: send items of the types function_call and function_call_output."
IMAGE = "Images are not shown to the model: describe them in an input_text."
IDLE = "Only server_vad has an idle timeout."

NOT_DONE: Mapping[str, str] = {
    "session.prompt": PROMPT,
    "session.tools[mcp]": MCP_TOOL,
    "session.tool_choice[mcp]": MCP_TOOL,
    "session.audio.input.turn_detection[semantic_vad].idle_timeout_ms": IDLE,
    "response.prompt": PROMPT,
    "response.tools[mcp]": MCP_TOOL,
    "response.tool_choice[mcp]": MCP_TOOL,
    "response.input[mcp_approval_request]": MCP_ITEM,
    "response.input[mcp_approval_response]": MCP_ITEM,
    "response.input[mcp_call]": MCP_ITEM,
    "response.input[mcp_list_tools]": MCP_ITEM,
    "response.input[message].content[input_image]": IMAGE,
    "item[mcp_approval_request]": MCP_ITEM,
    "item[mcp_approval_response]": MCP_ITEM,
    "item[mcp_call]": MCP_ITEM,
    "item[mcp_list_tools]": MCP_ITEM,
    "item[message].content[input_image]": IMAGE,
}
"""Fields of the specification, and what to do instead. `name[type]` is what has that type, alone or in a list."""


def check_refused(message: Mapping[str, Any], root: str) -> None:
    """Raises `InvalidRequest` for the first refused field in `message[root]`; null counts as sent only in the beta's."""
    for path, today in OF_THE_BETA.items():
        name = path.removeprefix(f"{root}.")
        fields = message.get(root)
        if name != path and isinstance(fields, dict) and name in fields:
            instead = f"today it is '{today}'" if today else "it is gone, without another in its place"
            raise InvalidRequest(
                f"Unknown parameter '{path}': a field of the beta; {instead}.", code="unknown_parameter", param=path
            )
    for path, instead in NOT_DONE.items():
        if path.startswith(root) and (param := next(_found(message, path.split("."), ""), None)):
            raise InvalidRequest(f"'{param}' is not supported: {instead}", code="unsupported_parameter", param=param)


def _found(value: Any, steps: list[str], before: str) -> Iterator[str]:
    """The dotted paths of what `steps` lead to from `value`, which is at the path `before`."""
    name, _, kind = steps[0].rstrip("]").partition("[")
    inner = value.get(name) if isinstance(value, dict) else None
    places = {f"{before}{name}.{index}": part for index, part in enumerate(inner)} if isinstance(inner, list) else {}
    for path, part in (places or {f"{before}{name}": inner}).items():
        if part is None or (kind and not (isinstance(part, dict) and part.get("type") == kind)):
            continue
        if len(steps) > 1:
            yield from _found(part, steps[1:], f"{path}.")
        else:
            yield f"{path}.type" if kind else path

"""What servers' own words for a refusal are taken for; the texts are from their sources and from public reports."""

from __future__ import annotations

import pytest

from models.remote.chat.refusals import Asked, Reason, reasons_in

ASKED = Asked(tools=True, fields=("chat_template_kwargs", "enable_thinking", "reasoning_effort", "think", "thinking"))
REFUSALS = [
    (Reason.TOO_LONG, 400, "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens"),
    (Reason.TOO_LONG, 400, "the request exceeds the available context size (4096 tokens), try increasing it"),
    (Reason.TOO_LONG, 400, "request (8500 tokens) exceeds the available context size (4096 tokens), try increasing it"),
    (Reason.TOO_LONG, 500, "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000"),
    (Reason.TOO_LONG, 400, "prompt is too long: 210000 tokens > 200000 maximum"),
    (Reason.TOO_LONG, 400, "Please reduce the length of the messages or completion."),
    (
        Reason.TOO_LONG,
        413,
        "Request too large for model `llama-3.1-8b-instant` on tokens per minute (TPM): Limit 6000",
    ),
    (Reason.TOO_LONG, 400, "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."),
    (Reason.TOO_LONG, 400, "Range of input length should be [1, 30720]"),
    (Reason.TOO_LONG, 400, "The prompt (total length 9000) is too long to fit into the model (context length 8192)."),
    (
        Reason.TOO_LONG,
        400,
        "Trying to keep the first 5000 tokens when context the overflows. the model has a context length of 4096",
    ),
    (Reason.TOO_LONG, 422, "Input validation error: `inputs` must have less than 4096 tokens. Given: 5000"),
    (Reason.TOO_LONG, 400, "Invalid request: Your request exceeded model token limit: 8192"),
    (Reason.TOO_LONG, 500, "input exceeds the model's maximum input length"),
    (Reason.TOO_LONG, 400, "Requested token count exceeds the model's maximum context length of 4096 tokens."),
    (Reason.LOADING, 503, '{"error":{"message":"Loading model","type":"unavailable_error","code":503}}'),
    (Reason.LOADING, 503, "Model mistralai/Mistral is currently loading"),
    (Reason.LOADING, 503, "The model is warming up"),
    (Reason.LOADING, 503, "Service is starting up, please wait"),
    (Reason.LOADING, 503, "model is not ready"),
    (Reason.TOOLS, 400, "registry.ollama.ai/library/gemma:2b does not support tools"),
    (Reason.TOOLS, 400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
    (Reason.TOOLS, 500, "tools param requires --jinja flag"),
    (Reason.TOOLS, 404, "No endpoints found that support tool use. To learn more about provider routing"),
    (Reason.TOOLS, 400, "`tool calling` is not supported with this model"),
    (Reason.TOOLS, 400, "Function calling is not enabled for models/gemma-3-27b-it"),
    (Reason.TOOLS, 400, "This model doesn't support function calling"),
    (Reason.TOOLS, 400, "unsupported parameter: tools"),
    (Reason.TOOLS, 400, "Unrecognized request argument supplied: tools"),
    (Reason.TOOLS, 422, "tools: Extra inputs are not permitted"),
    (Reason.SYSTEM, 400, "Developer instruction is not enabled for models/gemma-3-27b-it"),
    (Reason.SYSTEM, 500, "System role not supported"),
    (Reason.SYSTEM, 400, "Only user and assistant roles are supported!"),
    (Reason.SYSTEM, 400, "messages[0].role: system is not supported by this model"),
    (Reason.SYSTEM, 400, "Unsupported value: 'messages[0].role' does not support 'system' with this model."),
    (Reason.SYSTEM_FIRST, 400, "System message must be at the beginning."),
    (Reason.SYSTEM_FIRST, 400, "Unexpected role 'system' after role 'assistant'"),
    (Reason.SYSTEM_FIRST, 400, "messages: System messages may only appear at the start"),
    (Reason.TURNS, 400, "Conversation roles must alternate user/assistant/user/assistant/..."),
    (
        Reason.TURNS,
        400,
        "After the optional system message, conversation roles must alternate user/assistant/user/assistant/...",
    ),
    (
        Reason.TURNS,
        400,
        "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant",
    ),
    (Reason.TURNS, 400, "Last message must have role `user`."),
    (Reason.TURNS, 400, "the first message must be a user message"),
    (Reason.TURNS, 400, "Please ensure that multiturn requests alternate between user and model."),
    (
        Reason.TURNS,
        400,
        "Please ensure that function call turn comes immediately after a user turn or after a function response turn.",
    ),
    (Reason.TURNS, 400, "Messages must alternate between user and assistant"),
    (Reason.TURNS, 400, "Cannot put tools in the first user message when there's no first user message!"),
    (Reason.TURNS, 400, "messages must start with a user message"),
    (Reason.TURNS, 400, "No user query found in messages."),
    (Reason.TURNS, 400, "Cannot have 2 or more assistant messages at the end of the list."),
    (Reason.TURNS, 400, "Assistant response prefill is incompatible with enable_thinking."),
    (Reason.TURNS, 400, "messages with role assistant must be followed by user"),
    (Reason.CONTENT, 422, "messages.2.content: Input should be a valid string"),
    (Reason.CONTENT, 400, "Invalid value for 'content': expected a string, got null."),
    (Reason.CONTENT, 500, "'NoneType' object is not iterable"),
    (Reason.CONTENT, 400, "content is required"),
    (Reason.CONTENT, 400, "messages[3].content must not be empty"),
    (Reason.CONTENT, 400, "text content blocks must be non-empty"),
    (Reason.CONTENT, 500, "[json.exception.type_error.302] type must be string, but is null"),
    (Reason.USAGE, 400, "Unrecognized request argument supplied: stream_options"),
    (
        Reason.LIMIT,
        400,
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    ),
    (Reason.FIELD, 400, "Extra inputs are not permitted: chat_template_kwargs"),
    (Reason.FIELD, 400, '"qwen2.5" does not support thinking'),
    (Reason.FIELD, 400, 'think value "none" is not supported for this model'),
    (Reason.FIELD, 400, "Unrecognized request argument supplied: reasoning_effort"),
    (Reason.FIELD, 400, "Thinking budget is not supported"),
    (Reason.FIELD, 400, "reasoning is not supported by this model"),
    (Reason.MODEL, 404, "model 'qwen3:8' not found, try pulling it first"),
    (Reason.MODEL, 404, "The model `foo` does not exist."),
    (Reason.MODEL, 400, "Model Not Exist"),
    (Reason.MODEL, 400, "foo is not a valid model ID"),
    (Reason.MODEL, 400, "Invalid model: foo"),
    (Reason.MODEL, 404, "models/gemini-9 is not found for API version v1main"),
]


@pytest.mark.parametrize(("reason", "status", "text"), REFUSALS)
def test_a_refusal_is_understood_by_its_words(reason: Reason, status: int, text: str) -> None:
    assert reasons_in(status, text, ASKED)[:1] == [reason]

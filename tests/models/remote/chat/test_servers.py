from typing import Any

import pytest

from models.network.direct import no_proxy_leads_to
from models.remote.chat.servers import (
    Listed,
    addresses,
    kind_of,
    listed_in,
    proposal,
    quiet_fields,
    thinks_first,
    window_in_props,
    window_in_show,
)

TEMPLATE = {"chat_template_kwargs": {"enable_thinking": False}}


@pytest.mark.parametrize(
    ("given", "tried"),
    [
        ("http://127.0.0.1:11434/v1", ["http://127.0.0.1:11434/v1"]),
        ("http://127.0.0.1:11434", ["http://127.0.0.1:11434", "http://127.0.0.1:11434/v1"]),
        ("localhost:11434/", ["http://localhost:11434", "http://localhost:11434/v1"]),
        ("http://host:8000/v1/chat/completions", ["http://host:8000/v1"]),
        ("http://host:11434/api/chat", ["http://host:11434/v1"]),
        ("http://host/llm", ["http://host/llm", "http://host/llm/v1"]),
        ("https://x.googleapis.com/v1beta/openai/", ["https://x.googleapis.com/v1beta/openai"]),
    ],
)
def test_addresses_are_put_right(given: str, tried: list[str]) -> None:
    assert addresses(given) == tried


@pytest.mark.parametrize(
    ("url", "kind", "model", "fields"),
    [
        ("http://127.0.0.1:11434/v1", "Ollama", "qwen3:8b", {"reasoning_effort": "none", "think": False}),
        ("http://127.0.0.1:11434/v1", "Ollama", "gpt-oss:20b", {"reasoning_effort": "low"}),
        ("http://127.0.0.1:8000/v1", "vLLM", "Qwen/Qwen3-8B", TEMPLATE),
        ("http://127.0.0.1:9999/v1", "", "qwen3-8b", TEMPLATE),
        ("http://127.0.0.1:9999/v1", "", "llama-3.1", {}),
        ("https://api.openai.com/v1", "", "gpt-4o-mini", {}),
        ("https://api.openai.com/v1", "", "gpt-5-mini", {"reasoning_effort": "minimal"}),
        ("https://api.openai.com/v1", "", "gpt-5.1", {"reasoning_effort": "none"}),
        ("https://api.openai.com/v1", "", "gpt-5-chat-latest", {}),
        ("https://api.openai.com/v1", "", "o4-mini", {"reasoning_effort": "low"}),
        (
            "https://generativelanguage.googleapis.com/v1beta/openai",
            "",
            "gemini-2.5-flash",
            {"reasoning_effort": "none"},
        ),
        ("https://dashscope.aliyuncs.com/compatible-mode/v1", "", "qwen-plus", {"enable_thinking": False}),
        ("https://evil-api.openai.com.example/v1", "", "gpt-5", {}),
    ],
)
def test_known_servers_are_asked_not_to_think(url: str, kind: str, model: str, fields: dict[str, Any]) -> None:
    assert quiet_fields(url, kind, model) == fields


@pytest.mark.parametrize(
    ("model", "first"),
    [
        ("deepseek-r1:8b", True),
        ("QwQ-32B", True),
        ("qwen3-4b-thinking-2507", True),
        ("qwen3:8b", False),
        ("llama-3.1", False),
    ],
)
def test_some_names_say_that_the_model_always_thinks(model: str, first: bool) -> None:
    assert thinks_first(model) is first


def test_lists_of_models_are_read_in_every_shape() -> None:
    openai = {"object": "list", "data": [{"id": "m", "owned_by": "vllm", "max_model_len": 8192}]}
    llama = {"models": [{"name": "m"}], "data": [{"id": "m", "owned_by": "llamacpp", "meta": {"n_ctx": 4096}}]}

    assert [
        listed_in(value) for value in (openai, llama, {"models": [{"name": "m:latest"}]}, [{"id": "m"}], "no", {})
    ] == [
        [Listed("m", "vllm", 8192)],
        [Listed("m", "llamacpp", 4096)],
        [Listed("m:latest")],
        [Listed("m")],
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("told", "window"),
    [
        ({"parameters": 'stop "<end>"\nnum_ctx                        16384'}, 16_384),
        ({"parameters": "", "model_info": {"qwen3.context_length": 40_960}}, 4_096),
        ({"model_info": {"gemma.context_length": 2_048}}, 2_048),
        ({}, 4_096),
        ("no", None),
    ],
)
def test_of_ollama_the_window_is_what_was_set_for_the_model_else_what_all_get(told: Any, window: int | None) -> None:
    assert window_in_show(told) == window


def test_the_longest_that_a_model_of_llama_cpp_knows_is_not_taken_for_its_window() -> None:
    listed = {"data": [{"id": "m", "owned_by": "llamacpp", "meta": {"n_ctx_train": 131_072}}]}

    assert listed_in(listed) == [Listed("m", "llamacpp", None, 131_072)]
    assert window_in_props({"default_generation_settings": {"n_ctx": 8_192}}) == 8_192
    assert window_in_props({"default_generation_settings": None}) is None


def test_a_server_is_known_by_what_it_says_of_its_models_or_by_its_port() -> None:
    assert kind_of("http://10.0.0.1:9000/v1", [Listed("m", "vllm")]) == "vLLM"
    assert kind_of("http://127.0.0.1:1234/v1", []) == "LM Studio"
    assert kind_of("https://example.com:11434/v1", []) == ""


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("qwen3-8b", "qwen3:8b"),
        ("Qwen3:8B", "qwen3:8b"),
        ("llama3", "llama3:latest"),
        ("mistral", ""),
        ("qwen/qwen3-8b", "qwen3:8b"),
    ],
)
def test_the_model_that_is_nearly_meant_is_proposed(name: str, near: str) -> None:
    assert proposal(name, [Listed("qwen3:8b"), Listed("llama3:latest")]) == near


@pytest.mark.parametrize(
    ("url", "near"),
    [
        ("http://127.0.0.1:1/v1", True),
        ("http://localhost/v1", True),
        ("http://192.168.1.5:1/v1", True),
        ("http://ollama:11434/v1", True),
        ("http://host.docker.internal/v1", True),
        ("http://[::1]:1/v1", True),
        ("https://api.openai.com/v1", False),
        ("http://8.8.8.8/v1", False),
        ("nonsense", False),
    ],
)
def test_no_proxy_leads_to_this_machine_and_its_neighbours(url: str, near: bool) -> None:
    assert no_proxy_leads_to(url) is near

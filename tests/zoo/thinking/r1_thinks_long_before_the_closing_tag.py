"""DeepSeek-R1 distilled, at vLLM without a parser: its name says that it thinks first, however long."""

from tests.zoo.scenario import Scenario, always, text

SCENARIO = Scenario(
    always(text("This is a long PLAN. " * 60 + "</think>\n\nHello there.", 9)),
    model="deepseek-ai/DeepSeek-R1-Distill-Qwen-7B",
    owner="vllm",
)

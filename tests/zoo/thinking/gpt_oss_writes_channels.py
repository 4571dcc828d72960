"""gpt-oss where the server passes on the harmony format as it is."""

from tests.zoo.scenario import Scenario, always, text

WRITTEN = (
    "<|channel|>analysis<|message|>The PLAN: greet.<|end|>"
    "<|start|>assistant<|channel|>final<|message|>Hello there.<|return|>"
)
SCENARIO = Scenario(always(text(WRITTEN, 5)), model="openai/gpt-oss-20b", owner="organization_owner")

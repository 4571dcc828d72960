"""gpt-oss where the server throws away the special tokens, and the channels' names stay."""

from tests.zoo.scenario import Scenario, always, text

SCENARIO = Scenario(always(text("analysisThe PLAN: greet.assistantfinalHello there.", 3)), model="gpt-oss-20b")

"""A model nobody knows, whose template opens the thought: only the closing tag arrives."""

from tests.zoo.scenario import Scenario, always, text

SCENARIO = Scenario(
    always(text("The PLAN is to greet.\n</think>\n\nHello there.")), model="nobody-knows-7b", owner="llamacpp"
)

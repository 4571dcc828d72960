"""Llama 3.2: nothing but JSON."""

from tests.zoo.scenario import ROME, Scenario, first_call_then, text

SCENARIO = Scenario(
    first_call_then(text('{"name": "weather", "parameters": {"city": "Rome"}}'), text("Hello there.")),
    calls=[ROME],
    requests=2,
    hidden=['"parameters": {"city"'],
)

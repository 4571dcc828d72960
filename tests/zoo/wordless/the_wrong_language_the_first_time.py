"""A small Chinese model that forgets which language it was spoken to in; the second time it remembers."""

from tests.zoo.scenario import HELLO, Scenario, in_turn, text

SCENARIO = Scenario(
    in_turn(text("你好，很高兴见到你，今天过得怎么样？"), text(HELLO)), requests=2, hidden=["你好", "高兴"]
)

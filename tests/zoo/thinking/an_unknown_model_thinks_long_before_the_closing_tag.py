"""A model nobody knows thinks for longer than text is held back: what was shown of it is taken back."""

from tests.zoo.scenario import Scenario, always, text

SCENARIO = Scenario(
    always(text("This is a long PLAN. " * 60 + "</think>\n\nHello there.", 9)), model="nobody-knows-7b", taken_back=True
)

"""A model nobody knows, whose long unmarked thought begins as thoughts do: nothing of it goes out."""

from tests.zoo.scenario import Scenario, always, text

THOUGHT = "Okay, the user says good morning. My PLAN is to greet them. " * 40
SCENARIO = Scenario(always(text(THOUGHT + "</think>\n\nHello there.", 9)), model="nobody-knows-7b", owner="llamacpp")

"""A model nobody knows thinks for longer than text is held back: what was shown of it is taken back."""

from tests.zoo.scenario import Scenario, always, text

STEPS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()
THOUGHT = "".join(f"Step {step} of the PLAN is another one. " for step in STEPS)
SCENARIO = Scenario(always(text(f"{THOUGHT}</think>\n\nHello there.", 9)), model="nobody-knows-7b", taken_back=True)

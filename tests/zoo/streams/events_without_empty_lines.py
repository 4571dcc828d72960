"""One `data:` line after the other."""

from tests.zoo.scenario import Scenario, always, raw

LINES = [f'data: {{"choices":[{{"delta":{{"content":"{words}"}}}}]}}\n' for words in ("Hello ", "there.")]
SCENARIO = Scenario(always(raw("".join(LINES) + "data: [DONE]\n")))

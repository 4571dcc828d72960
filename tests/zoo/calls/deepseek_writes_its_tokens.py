"""DeepSeek V3 where the server passes its tokens on."""

from tests.zoo.scenario import ROME, Scenario, first_call_then, text

WRITTEN = (
    "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>weather\n```json\n"
    '{"city": "Rome"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>'
)
SCENARIO = Scenario(
    first_call_then(text(WRITTEN, 7), text("Hello there.<｜end▁of▁sentence｜>")), calls=[ROME], requests=2, hidden=["▁"]
)

"""DeepSeek V3.2's tags, where a server has no parser for them."""

from tests.zoo.scenario import HELLO, ROME, Scenario, first_call_then, text

CALL = (
    "<｜DSML｜function_calls>\n"
    '<｜DSML｜invoke name="weather">\n<｜DSML｜parameter name="city" string="true">Rome</｜DSML｜parameter>\n'
    "</｜DSML｜invoke>\n</｜DSML｜function_calls>"
)
SCENARIO = Scenario(
    first_call_then(text(CALL), text(HELLO)), says=HELLO, calls=[ROME], requests=2, hidden=("DSML", "invoke")
)

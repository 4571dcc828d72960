"""One JSON object a line, as Ollama's own endpoint has it."""

from tests.zoo.scenario import Scenario, always, raw

SCENARIO = Scenario(
    always(
        raw(
            '{"model":"m","message":{"role":"assistant","content":"","thinking":"The PLAN."},"done":false}\n',
            '{"model":"m","message":{"role":"assistant","content":"Hello "},"done":false}\n',
            '{"model":"m","message":{"role":"assistant","content":"there."},"done":false}\n',
            '{"model":"m","message":{"role":"assistant","content":""},"done_reason":"stop","done":true,"eval_count":4}\n',
            kind="application/x-ndjson",
        )
    )
)

"""Comments, retry, id, events by name, carriage returns."""

from tests.zoo.scenario import Scenario, always, raw

CHUNK = 'event: message\r\nid: 7\r\nretry: 3000\r\ndata:{"choices":[{"delta":{"content":"Hello there."}}]}\r\n\r\n'
SCENARIO = Scenario(
    always(
        raw(
            ": keep-alive\r\n\r\n",
            "event: ping\r\ndata: {}\r\n\r\n",
            "retry: 100\r\n\r\n",
            CHUNK,
            "data: [DONE]\r\n\r\n",
        )
    )
)

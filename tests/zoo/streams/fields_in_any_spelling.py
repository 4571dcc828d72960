"""A byte order mark, names in capitals, signs of life as data, and two values in one event."""

import json

from tests.models.chat_server import delta
from tests.zoo.scenario import Scenario, always, raw

WORDS = "".join(json.dumps(delta(content=words)) for words in ("Hello ", "there."))
SCENARIO = Scenario(
    always(
        raw(
            "\ufeffdata: ping\n\ndata: null\n\n",
            f"DATA: {WORDS}\n\n",
            f"data: {json.dumps(delta('stop'))}\n\ndata: [done]\n\n",
        )
    )
)

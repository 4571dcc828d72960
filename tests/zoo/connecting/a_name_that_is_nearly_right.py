"""A model's name with another tag than the server has."""

from tests.models.chat_server import refusing
from tests.zoo.scenario import Scenario, always

REASON = 'model "qwen3-8b" not found, try pulling it first'
SCENARIO = Scenario(
    always(refusing(404, {"error": {"message": REASON, "type": "api_error"}})),
    model="qwen3-8b",
    models=["llama3.2:3b", "qwen3:8b"],
    fails="Is 'qwen3:8b' meant",
    code="model_not_found",
)

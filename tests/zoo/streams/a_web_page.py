"""A page of HTML with status 200: the address is not that of an API."""

from tests.zoo.scenario import Scenario, always, raw

SCENARIO = Scenario(
    always(raw("<!DOCTYPE html>\n<html><body>Open WebUI</body></html>", kind="text/html")),
    fails="answered with a web page. Is its address right",
    code="web_page",
)

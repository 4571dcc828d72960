"""Magistral at llama.cpp: [THINK] and [/THINK]."""

from tests.zoo.scenario import Scenario, always, text

SCENARIO = Scenario(always(text("[THINK]The PLAN: greet.[/THINK]Hello there.")), model="magistral-small-2509")

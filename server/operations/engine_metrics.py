"""What the operator sees of each engine: its calls, how soon they answer, how many wait, and when it is left alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import structlog
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from pipeline.engines.bulkhead import BreakerState, Bulkhead, CallObserver, Outcome
from pipeline.errors import EngineKeyRefused, KaikouError
from server.engines.current import CurrentEngines

FIRST_BUCKETS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 2.0, 3.0, 5.0, 10.0, 20.0)
"""Seconds; from what a voice on this machine takes to what a model may."""

LABELS = ("role", "engine")
BREAKER = {BreakerState.CLOSED: 0, BreakerState.HALF_OPEN: 1, BreakerState.OPEN: 2}

log = structlog.get_logger("kaikou")


class EngineMetrics(Collector):
    """Reads the bulkheads when it is asked, and logs what they tell: a failure each time, a breaker once until it closes."""

    def __init__(self, engines: CurrentEngines, registry: CollectorRegistry) -> None:
        self._engines = engines
        self._first = Histogram(
            "kaikou_engine_first_result_seconds",
            "From a call's begin to its first result: a partial text, a word, a piece of audio.",
            LABELS,
            buckets=FIRST_BUCKETS,
            registry=registry,
        )
        engines.observe(self._observer)

    def collect(self) -> Iterator[Metric]:
        calls = CounterMetricFamily("kaikou_engine_calls", "Calls by how they ended.", labels=[*LABELS, "outcome"])
        active = GaugeMetricFamily("kaikou_engine_active", "Calls going on.", labels=LABELS)
        waiting = GaugeMetricFamily("kaikou_engine_waiting", "Calls that wait for a place.", labels=LABELS)
        breaker = GaugeMetricFamily(
            "kaikou_engine_breaker", "0: closed, 1: half open, one call tries; 2: open.", labels=LABELS
        )
        for labels, bulkheads in self._by_labels().items():
            for outcome in Outcome:
                calls.add_metric([*labels, outcome], sum(bulkhead.outcomes[outcome] for bulkhead in bulkheads))
            active.add_metric(labels, sum(bulkhead.active for bulkhead in bulkheads))
            waiting.add_metric(labels, sum(bulkhead.waiting for bulkhead in bulkheads))
            breaker.add_metric(labels, BREAKER[bulkheads[-1].state])
        yield from (calls, active, waiting, breaker)

    def _by_labels(self) -> Mapping[tuple[str, str], Sequence[Bulkhead]]:
        """The bulkheads; where an engine was made anew and the one before is still in use, both have the same labels."""
        found: dict[tuple[str, str], list[Bulkhead]] = {}
        for bulkhead in self._engines.bulkheads:
            found.setdefault((bulkhead.role, bulkhead.name), []).append(bulkhead)
        return found

    def _observer(self, bulkhead: Bulkhead) -> CallObserver:
        seconds = self._first.labels(bulkhead.role, bulkhead.name).observe
        return CallObserver(seconds, partial(self._failed, bulkhead), partial(self._opened, bulkhead))

    def _failed(self, bulkhead: Bulkhead, error: Exception) -> None:
        known = isinstance(error, KaikouError)
        about = {"role": bulkhead.role, "engine": bulkhead.name, "error": bulkhead.error}
        if notes := getattr(error, "__notes__", ()):  # the traceback of an engine in a process of its own
            about["trace"] = "\n".join(notes)
        log.info("engine call failed", **about, exc_info=None if known else error)

    def _opened(self, bulkhead: Bulkhead, error: Exception) -> None:
        refused = isinstance(error, EngineKeyRefused)
        pause_s = bulkhead.limits.refused_s if refused else bulkhead.limits.pause_s
        about = {"role": bulkhead.role, "engine": bulkhead.name, "error": bulkhead.error, "pause_s": pause_s}
        log.error(
            "engine left alone: its key was refused" if refused else "engine left alone: it keeps failing", **about
        )

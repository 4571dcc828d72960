"""The queue before a full server is fair, and forgets who left."""

from __future__ import annotations

from server.sessions.admission import Admission
from server.sessions.ticket_queue import EXPIRY_S, TicketQueue


def test_whoever_came_first_gets_the_next_place() -> None:
    queue = TicketQueue()
    first, _ = queue.ask("", 0.0)
    second, before = queue.ask("", 1.0)
    assert before == 1
    assert [queue.may_enter(ticket, 1, 2.0) for ticket in (first, second, "")] == [True, False, False]


def test_a_newcomer_does_not_overtake_those_who_wait() -> None:
    queue = TicketQueue()
    queue.ask("", 0.0)
    assert [queue.may_enter("", free, 1.0) for free in (0, 1, 2)] == [False, False, True]


def test_who_stops_asking_loses_the_place() -> None:
    queue = TicketQueue()
    first, _ = queue.ask("", 0.0)
    second, _ = queue.ask("", 20.0)
    assert queue.may_enter(second, 1, EXPIRY_S + 1)
    assert not queue.may_enter(first, 1, EXPIRY_S + 1)


def test_who_came_in_frees_the_way() -> None:
    queue = TicketQueue()
    first, _ = queue.ask("", 0.0)
    second, _ = queue.ask("", 0.0)
    queue.leave(first)
    assert queue.ask(second, 1.0) == (second, 0)


def test_sessions_are_admitted_until_the_measured_load_is_reached() -> None:
    admission = Admission(most_cpu=0.8, most_lag_s=0.05, most_sessions=1_000)
    for _ in range(60):
        admission.measured(0.4, 0.001, 40)
    assert admission.admits(40)
    assert 35 <= admission.free(40) <= 41
    for _ in range(60):
        admission.measured(0.795, 0.001, 80)
    assert not admission.admits(80)


def test_a_burst_of_newcomers_is_counted_before_its_load_shows() -> None:
    admission = Admission(most_cpu=0.8, most_lag_s=0.05, most_sessions=1_000)
    entered = 0
    while admission.admits(entered):
        admission.entered()
        entered += 1
    assert 100 <= entered <= 150


def test_a_loop_that_is_late_from_its_own_work_takes_nobody_in() -> None:
    late, idle = (Admission(most_cpu=0.8, most_lag_s=0.05, most_sessions=10) for _ in range(2))
    for _ in range(60):
        late.measured(0.6, 0.2, 5)
        idle.measured(0.1, 0.2, 5)
    assert (late.admits(5), idle.admits(5)) == (False, True)


def test_many_short_visits_do_not_fill_the_server() -> None:
    admission = Admission(most_cpu=0.8, most_lag_s=0.05, most_sessions=1_000)
    for _ in range(1_000):
        assert admission.admits(0)
        admission.entered()
        admission.left()

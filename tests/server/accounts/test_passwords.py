from __future__ import annotations

import asyncio

import pytest
from argon2 import PasswordHasher, extract_parameters

from pipeline.errors import LimitReached
from server.accounts.proofs import passwords
from server.accounts.proofs.passwords import NOBODYS, Comparison, Passwords, check_password, common_passwords
from server.errors import ValidationFailed


async def test_only_the_password_is_right_however_its_letters_were_typed() -> None:
    kept = Passwords()
    hashed = await kept.hash("pässword für alle")

    same = await kept.compare(hashed, "pa\u0308ssword fu\u0308r alle")
    other = await kept.compare(hashed, "Pässword für alle")
    kept.close()

    assert (same, other) == (Comparison(right=True), Comparison(right=False))


async def test_where_there_is_no_account_as_much_work_is_done_and_nothing_is_right() -> None:
    kept = Passwords()
    ours = extract_parameters(await kept.hash("x" * 8))

    assert extract_parameters(NOBODYS) == ours
    assert await kept.compare(None, "anything") == Comparison(right=False)
    kept.close()


async def test_a_hash_of_other_parameters_is_made_anew() -> None:
    kept = Passwords()
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("long enough")

    found = await kept.compare(weak, "long enough")
    again = await kept.compare(found.rehashed, "long enough")
    kept.close()

    assert (found.right, again) == (True, Comparison(right=True))
    assert extract_parameters(found.rehashed) == extract_parameters(NOBODYS)


async def test_the_loop_goes_on_while_passwords_are_hashed_and_too_many_are_told_to_come_back() -> None:
    kept, ticks = Passwords(), 0
    most = passwords.AT_ONCE + passwords.WAITING
    waiting = [asyncio.ensure_future(kept.hash(f"password of {number}")) for number in range(most)]
    await asyncio.sleep(0)

    with pytest.raises(LimitReached):
        await kept.hash("one too many")
    while not waiting[0].done():
        await asyncio.sleep(0.001)
        ticks += 1
    for one in waiting[1:]:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    kept.close()

    assert ticks > 3


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "too_short"),
        ("x1y2" * 65, "too_long"),
        ("Password1", "too_common"),
        ("aaaaaaaaaaaa", "too_common"),
        ("ann.lee@example.org", "too_common"),
        ("Ann.Lee", "too_short"),
        ("ann.lee.", None),
        ("correct horse battery", None),
        ("x1y2" * 64, None),
        ("一二三四五六七八", None),
        ("        ", "too_common"),
    ],
)
def test_a_password_is_long_and_not_among_the_first_that_are_guessed(password: str, code: str | None) -> None:
    about = ("ann.lee@example.org", "Ann Lee")
    try:
        check_password(password, about)
        found = None
    except ValidationFailed as refused:
        found = refused.fields[0].code

    assert found == code


def test_the_commonest_passwords_are_such_as_could_be_chosen() -> None:
    short = [word for word in common_passwords() if len(word) < passwords.LEAST and word != "arsenal1"]

    assert (short, len(common_passwords()) > 300) == ([], True)

"""Security questions: three of a fixed list, whose answers together set a forgotten password where no mail can be sent.

An option, for what others may know or find out is a weak proof: all three answers are needed, tries are few, and the
answers are hashed as one text like a password, so that none of them can be guessed alone. Whoever asks for the questions of
an address without an account is told three as well, the same each time.
"""

from __future__ import annotations

import hmac
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Literal, TypeAlias, get_args

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.accounts.proofs.passwords import Passwords
from server.errors import FieldFault, ValidationFailed
from server.storage.database import Database
from server.storage.signing_keys import SigningKeys
from server.storage.tables.accounts import security_questions

Question: TypeAlias = Literal[
    "first_teacher",
    "childhood_street",
    "childhood_friend",
    "first_pet",
    "first_job",
    "favourite_book",
    "grandmother",
    "first_trip",
]
"""The page has the words of each in both languages."""

QUESTIONS: Sequence[Question] = get_args(Question)

ASKED = 3
SHORTEST = 2
"""Letters of an answer: a Chinese name may have no more."""


@dataclass(frozen=True)
class SecurityQuestions:
    """Keeps and compares them."""

    database: Database
    passwords: Passwords
    keys: SigningKeys

    async def choose(
        self, connection: AsyncConnection, person_id: str, hashed: str, chosen: Sequence[Question]
    ) -> None:
        """Keep these questions of a person, and `hashed` of their answers, instead of those before."""
        await self.forget(connection, person_id)
        row = {"person_id": person_id, "questions": list(chosen), "answers_hash": hashed}
        await connection.execute(security_questions.insert().values(row))

    async def hash(self, answers: Mapping[Question, str]) -> str:
        """The hash of the answers. Raises `ValidationFailed` for too few of them, or too short ones."""
        if len(answers) != ASKED:
            raise ValidationFailed([FieldFault("answers", "wrong_number", f"Answer {ASKED} different questions")])
        if short := [question for question, answer in answers.items() if len(normalized(answer)) < SHORTEST]:
            message = f"An answer has at least {SHORTEST} letters"
            raise ValidationFailed([FieldFault(f"answers.{question}", "too_short", message) for question in short])
        return await self.passwords.hash(_together(answers))

    async def forget(self, connection: AsyncConnection, person_id: str) -> None:
        """Ask this person nothing any more."""
        await connection.execute(delete(security_questions).where(security_questions.c.person_id == person_id))

    async def of(self, person_id: str) -> Sequence[Question]:
        """A person's questions; none if they chose none."""
        wanted = select(security_questions.c.questions).where(security_questions.c.person_id == person_id)
        async with self.database.read() as connection:
            return list(await connection.scalar(wanted) or ())

    async def asked(self, email: str, person_id: str) -> Sequence[Question]:
        """What somebody is asked who gives this address; `person_id` is empty where it is nobody's.

        In the order of the list: that in which somebody chose them would tell them from those of nobody.
        """
        key = await self.keys.newest()
        seed = hmac.new(key.secret, email.encode(), sha256).digest()
        nobodys = Random(seed).sample(QUESTIONS, ASKED)
        return sorted(await self.of(person_id) or nobodys, key=QUESTIONS.index)

    async def right(self, person_id: str, answers: Mapping[Question, str]) -> bool:
        """Whether all answers are; it takes as long where there are none to compare with."""
        columns = select(security_questions.c.questions, security_questions.c.answers_hash)
        async with self.database.read() as connection:
            row = (await connection.execute(columns.where(security_questions.c.person_id == person_id))).one_or_none()
        same = row is not None and set(row.questions) == set(answers)
        return (await self.passwords.compare(row.answers_hash if row and same else None, _together(answers))).right


def normalized(answer: str) -> str:
    """An answer as it is compared: case, accents' spelling, blanks and punctuation make no difference."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", answer).casefold() if letter.isalnum())


def _together(answers: Mapping[Question, str]) -> str:
    return "\n".join(f"{question}={normalized(answers[question])}" for question in sorted(answers))

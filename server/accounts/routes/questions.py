"""Security questions: choosing one's own, and setting a forgotten password by their answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from server.accounts.accounts import Accounts
from server.accounts.audit import client_of
from server.accounts.proofs.questions import ASKED, QUESTIONS, Question
from server.accounts.routes.bodies import Secret, Text
from server.api.endpoint import Body, Call, Described, Endpoint, Nothing
from server.errors import Forbidden, RateReached, StorageError, Unauthorized

Answers = Annotated[dict[Question, Annotated[str, Field(max_length=200)]], Field(max_length=len(QUESTIONS))]


class Questions(Described):
    """Those there are, and those of the person."""

    offered: tuple[Question, ...] = tuple(QUESTIONS)
    chosen: list[Question]
    asked: int = ASKED
    """So many are to be chosen."""


class Choose(Body):
    """Three questions with their answers; none, to be asked nothing any more. The account's password, if it has one."""

    answers: Answers
    password: Secret = ""


class Whose(Body):
    """The account whose password was forgotten."""

    email: Text


class Asked(Described):
    """What the person is asked. An address without an account is asked something, too."""

    questions: list[Question]


class Answer(Body):
    """The answers, and the new password."""

    email: Text
    answers: Answers
    password: Secret


def endpoints(accounts: Accounts) -> list[Endpoint]:
    """`/api/account/questions`, and the two of `/api/account/password` that need no log-in."""
    api = QuestionApi(accounts)
    forgotten = (Forbidden, Unauthorized, RateReached, StorageError)
    return [
        Endpoint("GET", "/api/account/questions", api.show_questions, (Forbidden,)),
        Endpoint("PUT", "/api/account/questions", api.choose_questions, (Forbidden, RateReached)),
        Endpoint("POST", "/api/account/password/questions", api.ask, forgotten, open=True),
        Endpoint("POST", "/api/account/password/answers", api.answer, forgotten, open=True),
    ]


@dataclass(frozen=True)
class QuestionApi:
    """The endpoints and what they need."""

    accounts: Accounts

    async def show_questions(self, call: Call) -> Questions:
        """The questions there are, and your own."""
        self._check_on()
        return Questions(chosen=list(await self.accounts.questions.of(call.principal.id)))

    async def choose_questions(self, call: Call[Nothing, Choose]) -> Questions:
        """Choose what to be asked when the password is forgotten."""
        self._check_on()
        sent, accounts = call.body, self.accounts
        await accounts.recovery.choose_questions(call.principal, sent.password, sent.answers, client_of(call.request))
        return Questions(chosen=list(await accounts.questions.of(call.principal.id)))

    async def ask(self, call: Call[Nothing, Whose]) -> Asked:
        """What is asked of somebody who forgot the password of this account."""
        self._check_on()
        return Asked(questions=list(await self.accounts.recovery.asked(call.body.email, client_of(call.request))))

    async def answer(self, call: Call[Nothing, Answer]) -> None:
        """Set a new password by the answers. All log-ins end."""
        self._check_on()
        sent, accounts = call.body, self.accounts
        await accounts.recovery.answer(sent.email, sent.answers, sent.password, client_of(call.request))
        accounts.revocations.ask_now()

    def _check_on(self) -> None:
        self.accounts.check_on()
        if not self.accounts.settings.security_questions:
            raise Forbidden(
                "There are no security questions here; see KAIKOU_SECURITY_QUESTIONS.", code="questions_off"
            )

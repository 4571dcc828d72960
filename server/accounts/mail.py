"""Mail to people, written and sent after what it is about: nobody waits for it, and no delay tells whether it was sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage

import aiosmtplib
import structlog

from server.settings.accounts import MailSettings

log = structlog.get_logger("kaikou")

WAITING = 200
"""Mails that may wait to be sent; further ones are dropped, which the log tells."""

SEND_S = 30.0

AGAIN_S = (0.0, 2.0, 20.0)
"""When a mail is tried; a server that asks to come back is up again by then or is really gone."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one address."""

    to: str
    subject: str
    text: str


Writer = Callable[[], Awaitable[Mail | None]]
"""Writes the mail when it is sent, which may take a look at the database; None if there is nothing to send after all."""


class Outbox:
    """Sends mails one after the other, if there is a server for them."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        self._waiting: asyncio.Queue[Writer] = asyncio.Queue(WAITING)

    @property
    def configured(self) -> bool:
        """Whether mails can be sent at all."""
        return self._settings.mail_host != ""

    def put(self, write: Writer) -> None:
        """Have a mail written and sent later."""
        try:
            self._waiting.put_nowait(write)
        except asyncio.QueueFull:
            log.error("too many mails wait to be sent; one was dropped")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send until the block ends."""
        sending = asyncio.create_task(self._send_all())
        try:
            yield
        finally:
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending

    async def _send_all(self) -> None:
        while True:
            write = await self._waiting.get()
            try:
                if mail := await write():
                    await self._send(mail)
            except Exception as error:  # noqa: BLE001 — the mail's outermost frame: the next ones are sent all the same
                log.error("a mail could not be sent", error=type(error).__name__)  # its text may name whose it is

    async def _send(self, mail: Mail) -> None:
        for number, wait_s in enumerate(AGAIN_S, 1):
            await asyncio.sleep(wait_s)
            try:
                return await self._send_once(mail)
            except (aiosmtplib.SMTPException, OSError, TimeoutError):
                if number == len(AGAIN_S):
                    raise
        return None

    async def _send_once(self, mail: Mail) -> None:
        settings, message = self._settings, EmailMessage()
        message["From"], message["Subject"] = settings.mail_from, mail.subject
        local, _, domain = mail.to.rpartition("@")
        message["To"] = Address("", local, domain)
        message.set_content(mail.text)
        password = settings.mail_password
        await aiosmtplib.send(
            message,
            recipients=[mail.to],
            hostname=settings.mail_host,
            port=settings.mail_port,
            username=settings.mail_username or None,
            password=password.get_secret_value() if password else None,
            use_tls=settings.mail_security == "tls",
            start_tls=settings.mail_security == "starttls",
            timeout=SEND_S,
        )

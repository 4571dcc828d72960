"""A real mail server for tests, in the test's own event loop."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP


@dataclass
class MailServer:
    """Where it is and what came. refusals: how many mails it asks to come back with."""

    port: int = 0
    refusals: int = 0
    mails: asyncio.Queue[EmailMessage] = field(default_factory=asyncio.Queue)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.refusals:
            self.refusals -= 1
            return "451 come back later"
        self.mails.put_nowait(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"

    async def next(self) -> EmailMessage:
        async with asyncio.timeout(20):
            return await self.mails.get()

    def settings(self) -> dict[str, Any]:
        """Flags of a server that sends through this one."""
        return {
            "mail_host": "127.0.0.1",
            "mail_port": self.port,
            "mail_security": "none",
            "mail_from": "kaikou@example.org",
            "public_url": "https://kaikou.example.org/",
        }


@asynccontextmanager
async def a_mail_server() -> AsyncIterator[MailServer]:
    mail_server = MailServer()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(mail_server), "127.0.0.1", 0)
    mail_server.port = server.sockets[0].getsockname()[1]
    try:
        yield mail_server
    finally:
        server.close()


def token_in(mail: EmailMessage) -> str:
    """The token of the link in a mail that resets a password."""
    found = re.search(r"https://kaikou\.example\.org/#/account/reset/(\S+)", mail.get_content())
    assert found, mail.get_content()
    return found[1]

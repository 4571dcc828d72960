"""Sections of who people are: accounts, and the mail that is sent to them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from server.settings.section import Section
from server.settings.values.addresses import Mailbox, MailHost, PageUrl


class AccountSettings(Section):
    """Whether people have accounts here."""

    accounts: Literal["off", "optional", "required"] = "off"
    """off: whoever reaches the server is its owner. optional: guests may talk, too. required: everybody logs in."""
    accounts_over_http: bool = False
    """Let people log in over http at an address that others reach, where passwords can be read on their way."""
    registration: Literal["open", "closed"] = "open"
    """closed: nobody new may register, but for the owner's account."""
    security_questions: bool = False
    """Let people choose three questions, whose answers set a forgotten password: for servers that can send no mail."""
    login_days: int = Field(default=30, ge=1, le=365)
    """After how many days one has to log in again; a guest who does not come back for so long is forgotten."""
    audit_days: int = Field(default=180, ge=1, le=36_500)
    """For how many days the audit log is kept."""


class MailSettings(Section):
    """The server that mail to people is sent through: links to set a forgotten password, and news of the account."""

    mail_host: MailHost = ""
    """SMTP server; without one no mail is sent."""
    mail_port: int = Field(default=587, ge=1, le=65_535)
    """Port of the SMTP server."""
    mail_security: Literal["starttls", "tls", "none"] = "starttls"
    """How the SMTP server is spoken to; none sends passwords and links in the clear."""
    mail_username: str = ""
    """Name to log in to the SMTP server with, if it asks for one."""
    mail_password: SecretStr | None = None
    """Password for the SMTP server."""
    mail_from: Mailbox = ""
    """Address that mail comes from."""
    public_url: PageUrl = ""
    """Address of the page, as people reach it (https://kaikou.example.org): links in mail begin with it."""

    @model_validator(mode="after")
    def _complete(self) -> MailSettings:
        """Links are not made of the address that a request names: whoever asks for a mail would choose where it leads."""
        if self.mail_host and not (self.mail_from and self.public_url):
            raise PydanticCustomError("mail", "with mail_host, set mail_from, and public_url, the address of the page")
        if (self.mail_username == "") != (self.mail_password is None):
            raise PydanticCustomError("mail", "set both of mail_username and mail_password, or neither")
        return self

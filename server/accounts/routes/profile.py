"""The account itself: changing it, its password, deleting it, and taking along what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from server.accounts.accounts import Accounts
from server.accounts.audit import client_of
from server.accounts.people import EmailTaken, email_of, name_of, phone_of
from server.accounts.proofs.cookies import delete_cookie
from server.accounts.routes import bodies
from server.api.endpoint import Call, Endpoint, Nothing
from server.api.etags import expected_version
from server.errors import Conflict, Forbidden, PreconditionFailed, RateReached, StorageError, Unauthorized
from server.identity.principal import Principal
from server.storage.tables.accounts import people


def endpoints(accounts: Accounts) -> list[Endpoint]:
    """`/api/account` beyond reading it, and `/api/account/password`."""
    api = ProfileApi(accounts)
    changing = (EmailTaken, Forbidden, PreconditionFailed, RateReached)
    forgotten = (Conflict, Forbidden, Unauthorized, RateReached, StorageError)
    return [
        Endpoint("PATCH", "/api/account", api.change, changing),
        Endpoint("DELETE", "/api/account", api.delete, (Forbidden, RateReached)),
        Endpoint("GET", "/api/account/export", api.export, scopes=("account:write",), costly=True),
        Endpoint("POST", "/api/account/password", api.change_password, (Conflict, Forbidden, RateReached), secret=True),
        Endpoint("POST", "/api/account/password/forgot", api.forgot, forgotten, open=True),
        Endpoint("POST", "/api/account/password/reset", api.reset, forgotten, open=True),
    ]


@dataclass(frozen=True)
class ProfileApi:
    """The endpoints and what they need."""

    accounts: Accounts

    async def change(self, call: Call[Nothing, bodies.Change]) -> bodies.Account:
        """Change name, phone number or e-mail address; with another address the password has to be told."""
        accounts, sent, client = self.accounts, call.body, client_of(call.request)
        version, values = expected_version(call.request), dict[str, Any]()
        person = await accounts.people.get(call.principal.id)
        if sent.name is not None:
            values["name"] = name_of(sent.name)
        if sent.phone is not None:
            values["phone"] = phone_of(sent.phone)
        if sent.email is not None and person and email_of(sent.email) != person.email:
            await accounts.recovery.confirm(call.principal, sent.password, client)
            if not person.registered:
                raise Forbidden("A guest has no address; register.", code="login_needed")
            values |= {"email": email_of(sent.email), "email_verified_at": None}
        mine = people.c.id == call.principal.id
        if version is not None:
            mine &= people.c.version == version
        async with accounts.database.write() as connection:
            changed = await accounts.people.change(connection, mine, values)
            if changed is None:
                raise PreconditionFailed("The account was changed meanwhile; get it anew.")
            await accounts.audit.write(connection, "account_changed", changed.id, client, fields=sorted(values))
        return bodies.account_of(changed, call.principal)

    async def change_password(self, call: Call[Nothing, bodies.ChangePassword]) -> None:
        """Another password. All other log-ins end."""
        sent, accounts = call.body, self.accounts
        accounts.check_on()
        await accounts.recovery.change(call.principal, sent.current, sent.new, client_of(call.request))
        accounts.revocations.ask_now()

    async def forgot(self, call: Call[Nothing, bodies.Forgot]) -> None:
        """Have a link to set a new password sent. The answer is the same whether there is such an account or not."""
        self.accounts.check_on()
        await self.accounts.recovery.ask_to_reset(call.body.email, client_of(call.request))

    async def reset(self, call: Call[Nothing, bodies.Reset]) -> None:
        """Set a new password with the token of such a link, which is good once. All log-ins end."""
        self.accounts.check_on()
        await self.accounts.recovery.reset(call.body.token, call.body.password, client_of(call.request))
        self.accounts.revocations.ask_now()

    async def delete(self, call: Call[Nothing, bodies.Confirm]) -> None:
        """Delete the account with everything in it. It cannot be undone."""
        accounts, client, principal = self.accounts, client_of(call.request), call.principal
        accounts.check_on()
        if principal.role != "guest":
            await accounts.recovery.confirm(principal, call.body.password, client)
        await accounts.deletion.delete(principal.id, client)
        delete_cookie(call.reply, call.request)

    async def export(self, call: Call) -> bodies.Export:
        """What is kept of the account itself: log-ins, keys, and what was written down about it."""
        accounts, client = self.accounts, client_of(call.request)
        accounts.check_on()
        await accounts.audit.write_alone("exported", call.principal.id, client, what="account")
        person = await accounts.people.get(call.principal.id)
        if person is None:
            raise Forbidden("Log in to do this.", code="login_needed")
        return bodies.Export(
            account=bodies.account_of(person, call.principal),
            logins=await self._logins(call.principal),
            keys=[bodies.key_of(key) for key in await accounts.keys.list(person.id)],
            audit=[bodies.entry_of(entry) for entry in await accounts.audit.list(person.id, None, 10_000)],
        )

    async def _logins(self, principal: Principal) -> list[bodies.LoginSeen]:
        return [
            bodies.LoginSeen(
                created_at=row.created_at,
                seen_at=row.seen_at,
                address=row.address,
                user_agent=row.user_agent,
                this_one=row.id == principal.grant,
            )
            for row in await self.accounts.logins.list(principal.id)
        ]

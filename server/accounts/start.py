"""What is checked, said and arranged of accounts when the server starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.errors import SettingError
from server.accounts.accounts import Accounts
from server.identity.origins import is_loopback
from server.jobs.jobs import Jobs
from server.jobs.kind import JobContext, JobKind
from server.settings import Settings
from server.settings.serving import ServerSettings

CLEAN_UP_S = 6 * 3600


def check_accounts(settings: Settings) -> None:
    """Raises `SettingError` where passwords would go over http on an address that others reach."""
    server, chosen = settings.server, settings.accounts
    if chosen.accounts == "off" or chosen.accounts_over_http or is_loopback(server.host) or server.ssl_certfile:
        return
    if server.trusted_proxies != ServerSettings().trusted_proxies:
        return  # a proxy that others go through, which has https to speak
    raise SettingError(
        f"accounts (KAIKOU_ACCOUNTS): {chosen.accounts} at {server.host}, without https, lets everybody on the way read "
        "passwords. Set a certificate (KAIKOU_SSL_CERTFILE), or the address of the proxy that speaks https "
        "(KAIKOU_TRUSTED_PROXIES), or KAIKOU_ACCOUNTS_OVER_HTTP=true if the network is only yours."
    )


def arrange_jobs(accounts: Accounts, jobs: Jobs) -> None:
    """Have accounts cleaned up now and then, and the jobs of those who leave removed."""

    async def clean_up(context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        return await context.step("clean up", accounts.clean_up)

    jobs.every(CLEAN_UP_S, JobKind("accounts.clean_up", clean_up))
    accounts.deletion.domains.append(jobs.remove_all)


async def told_at_start(accounts: Accounts) -> Sequence[str]:
    """Lines of the start message: who may come in, and how the owner does."""
    lines = list[str]()
    if accounts.mode == "required":
        lines.append("accounts       everybody logs in")
    elif accounts.mode == "optional":
        lines.append("accounts       guests may talk; what they said stays theirs when they register")
    if code := await accounts.owner_code():
        lines.append(f"owner's code   {code}: register with it on the page to become the owner,")
        lines.append("               who also has what was kept before there were accounts")
    return lines

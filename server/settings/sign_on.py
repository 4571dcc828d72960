"""The section of single sign-on."""

from __future__ import annotations

from pydantic import SecretStr, model_validator
from pydantic_core import PydanticCustomError

from server.settings.section import Section
from server.settings.values.addresses import Issuer


class SignOnSettings(Section):
    """Single sign-on with an OpenID Connect provider, beside passwords and passkeys."""

    prefix = "oidc_"

    issuer: Issuer = ""
    """Address of the provider, as its id tokens name it; empty for none."""
    client_id: str = ""
    """Name of this server at the provider."""
    client_secret: SecretStr | None = None
    """Secret of this server at the provider, if it has one."""
    name: str = "Single sign-on"
    """What people call the provider; it stands on the button."""

    @model_validator(mode="after")
    def _known_to_the_provider(self) -> SignOnSettings:
        if self.issuer and not self.client_id:
            raise PydanticCustomError("sign_on", "with oidc_issuer, set oidc_client_id, which the provider gave")
        return self

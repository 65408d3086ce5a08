"""Whether SES may believe that an identity belongs to the account: what its DNS zone says decides."""

from collections.abc import Callable, Iterable

from .identity import Identity
from .regions import dkim_zone, feedback_host
from .zones import Zone, canonical_name, text_of, values_of


class Verification:
    """Decides anew at each question. SES itself looks for 72 hours, and again from time to time."""

    def __init__(self, region: str, hosted_zones: Callable[[], list[Zone]]):
        self._region = region
        self._hosted_zones = hosted_zones

    def signs(self, identity: Identity) -> bool:
        """Whether the DKIM records of the identity's domain stand in its hosted zone."""
        if identity.parent:
            return Verification(identity.parent_region, self._hosted_zones).signs(identity.parent)
        zones = self._hosted_zones()
        if identity.selector:
            return _brought_key_stands(identity, zones)
        return all(
            canonical_name(f"{token}.{dkim_zone(self._region)}")
            in map(canonical_name, values_of(zones, f"{token}._domainkey.{identity.domain}", "CNAME"))
            for token in identity.tokens
        )

    def verified(self, identity: Identity) -> bool:
        """Whether mail may be sent from the identity: a domain that signs, or an address that its owner confirmed."""
        if identity.identity_type == "EMAIL_ADDRESS":
            return identity.confirmed
        return self.signs(identity)

    def mail_from_status(self, identity: Identity) -> str:
        """`SUCCESS` with the MX and SPF records that SES asks for, `PENDING` without any MX record, else `FAILED`.

        SES itself says FAILED only after it has looked for 72 hours.
        """
        zones, domain = self._hosted_zones(), identity.mail_from_domain or ""
        exchanges = [value.split()[-1] for value in values_of(zones, domain, "MX")]
        policies = [text_of(value).split() for value in values_of(zones, domain, "TXT")]
        if not exchanges:
            return "PENDING"
        stands = list(map(canonical_name, exchanges)) == [feedback_host(self._region)] and any(
            policy[0] == "v=spf1" and "include:amazonses.com" in policy for policy in policies if policy
        )
        return "SUCCESS" if stands else "FAILED"


def _brought_key_stands(identity: Identity, zones: Iterable[Zone]) -> bool:
    published = values_of(zones, f"{identity.selector}._domainkey.{identity.domain}", "TXT")
    tags = [tag.strip() for value in published for tag in text_of(value).split(";")]
    return f"p={identity.public_key}" in tags

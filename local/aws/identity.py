"""A sending identity of SES: a domain or an e-mail address."""

import base64
import re
import secrets
import string
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

_TOKEN_LENGTH = 32
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_TOKEN_CHARACTERS = string.ascii_lowercase + string.digits


def canonical_identity(name: str) -> str:
    """Return the name under which SES files an identity: domains in lower case, local parts as they are written."""
    local_part, at, domain = name.rpartition("@")
    return f"{local_part}{at}{domain.lower()}"


def _new_tokens() -> list[str]:
    return ["".join(secrets.choice(_TOKEN_CHARACTERS) for _ in range(_TOKEN_LENGTH)) for _ in range(3)]


@dataclass
class Identity:
    """What SES keeps of an identity. The first four fields are those with which moto creates its own."""

    email_identity: str
    tags: list[dict[str, str]] | None
    dkim_signing_attributes: dict[str, Any] | None
    configuration_set_name: str | None
    policies: dict[str, str] = field(default_factory=dict)
    feedback_forwarding: bool = True
    signing_enabled: bool = True
    mail_from_domain: str | None = None
    behavior_on_mx_failure: str = "USE_DEFAULT_VALUE"
    easy_dkim_tokens: list[str] = field(default_factory=_new_tokens)
    next_signing_key_length: str = "RSA_2048_BIT"
    current_signing_key_length: str = "RSA_2048_BIT"
    key_generated_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    confirmed: bool = False
    """Of an address: whether its owner has followed the link that SES sent."""
    selector: str | None = None
    """Of a DKIM key that the user brought; None means Easy DKIM."""
    public_key: str | None = None
    """Of that key: what its TXT record has to say under `p=`."""
    parent: "Identity | None" = None
    """Of Deterministic Easy DKIM: the identity whose key this one signs with."""
    parent_region: str = ""
    """The region of that one."""

    def __post_init__(self) -> None:
        self.sign_with(self.dkim_signing_attributes or {})
        self.current_signing_key_length = self.next_signing_key_length

    @property
    def identity_type(self) -> str:
        """`DOMAIN` or `EMAIL_ADDRESS`."""
        return "EMAIL_ADDRESS" if "@" in self.email_identity else "DOMAIN"

    @property
    def domain(self) -> str:
        """The domain that signs for this identity."""
        return self.email_identity.rpartition("@")[2]

    @property
    def tokens(self) -> list[str]:
        """What the DNS records for DKIM are named after."""
        if self.parent:
            return self.parent.tokens
        return [self.selector] if self.selector else self.easy_dkim_tokens

    @property
    def signing_origin(self) -> str:
        """Whose key it is: `EXTERNAL`, `AWS_SES`, or that of SES in the region at the end of the name."""
        if self.parent:
            return "AWS_SES_" + self.parent_region.upper().replace("-", "_")
        return "EXTERNAL" if self.selector else "AWS_SES"

    def sign_with(self, attributes: dict[str, Any]) -> None:
        """Take over `DkimSigningAttributes` of the API.

        Raises ValueError for a selector without its key, a selector that is no DNS label, and a key that is no
        base64-encoded private RSA key of 1024 to 2048 bits.
        """
        selector = attributes.get("DomainSigningSelector")
        private_key = attributes.get("DomainSigningPrivateKey")
        if (selector is None) != (private_key is None):
            raise ValueError("DomainSigningSelector and DomainSigningPrivateKey must be given together.")
        if selector is not None and not _LABEL.fullmatch(selector):
            raise ValueError(f"The selector {selector} is not a DNS label.")
        self.public_key = _public_key(private_key) if private_key else None
        self.selector = selector
        self.next_signing_key_length = attributes.get("NextSigningKeyLength", self.next_signing_key_length)


def _public_key(private_key: str) -> str:
    try:
        key = load_der_private_key(base64.b64decode(private_key), password=None)
    except ValueError:
        raise ValueError("DomainSigningPrivateKey is not a base64-encoded private key.") from None
    if not isinstance(key, rsa.RSAPrivateKey) or not 1024 <= key.key_size <= 2048:
        raise ValueError("DomainSigningPrivateKey must be an RSA key of 1024 to 2048 bits.")
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(public).decode()

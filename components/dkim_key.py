"""A DKIM key of one's own (BYODKIM): the forms in which SES and DNS take it. Pure, no I/O.

https://docs.aws.amazon.com/ses/latest/dg/send-email-authentication-dkim-bring-your-own.html
"""

import base64
import re

# The usual library for keys: parsing RSA is not ours to write.
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from .image.relay.invalid_setting import InvalidSetting

_BITS = (1024, 2048)  # "at least 1024 bits and up to 2048 bits", on the page above
_SELECTOR = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)


def check_selector(value: str) -> str:
    """A selector as SES takes it: one DNS label. Raises InvalidSetting."""
    if not _SELECTOR.fullmatch(value):
        raise InvalidSetting(
            "dkim.selector",
            "is not a selector",
            "use one label of letters, digits and hyphens, without a dot",
            repr(value),
        )
    return value


def signing_key(pem: str) -> str:
    """What SES signs with: the private key in base64. Raises InvalidSetting, which never shows it."""
    der = _loaded(pem).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return base64.b64encode(der).decode()


def public_record(pem: str) -> str:
    """What DNS shows at `<selector>._domainkey.<domain>`: the public key. Raises InvalidSetting."""
    der = _loaded(pem).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode()}"


def _loaded(pem: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise InvalidSetting(
            "dkim.private_key",
            "is not an unencrypted RSA private key",
            "give its PEM text, as `openssl genrsa 2048` prints it",
        )
    if not _BITS[0] <= key.key_size <= _BITS[1]:
        raise InvalidSetting(
            "dkim.private_key",
            f"has {key.key_size} bits",
            f"SES takes {_BITS[0]} to {_BITS[1]}: make one with `openssl genrsa 2048`",
        )
    return key

"""PEM texts, as far as their form tells what they are. The contents are OpenSSL's matter."""

import binascii
import re

_BLOCK = re.compile(r"-----BEGIN ([A-Z ]+)-----\s(.+?)\s-----END \1-----", re.DOTALL)

# rsaEncryption, 1.2.840.113549.1.1.1: https://www.rfc-editor.org/rfc/rfc8017#appendix-A.1
_RSA = bytes.fromhex("06092a864886f70d010101")


def certificates(text: str) -> str:
    """The certificates in `text`, and nothing else of it. Empty: there is none, or a broken one."""
    return _normal(text, {"CERTIFICATE"})


def private_key(text: str) -> str:
    """The one private key in `text`, which needs no passphrase. Empty: there is none, or a broken one, or several."""
    key = _normal(text, {"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"})
    return key if key.count("-----BEGIN ") == 1 else ""


def is_rsa(key: str) -> bool:
    """Whether a key that `private_key` returned is one for RSA."""
    [(kind, body)] = _BLOCK.findall(key)
    return kind == "RSA PRIVATE KEY" or _RSA in _der(body)[:32]


def _normal(text: str, kinds: set[str]) -> str:
    blocks = [(kind, _der(body)) for kind, body in _BLOCK.findall(text) if kind in kinds]
    return (
        "".join(_block(kind, der) for kind, der in blocks)
        if all(_is_sequence(der) for _, der in blocks)
        else ""
    )


def _block(kind: str, der: bytes) -> str:
    """The block anew: a text that came through a variable may have lost its line ends, and OpenSSL wants them."""
    base64 = binascii.b2a_base64(der, newline=False).decode()
    lines = [base64[start : start + 64] for start in range(0, len(base64), 64)]
    return "\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----", ""])


def _der(body: str) -> bytes:
    try:
        return binascii.a2b_base64("".join(body.split()), strict_mode=True)
    except ValueError:  # also binascii.Error
        return b""


def _is_sequence(der: bytes) -> bool:
    """Whether `der` is one SEQUENCE: the tag, then its length in one octet or in as many as that says."""
    if der[:1] != b"\x30" or len(der) < 2:
        return False
    more = der[1] & 0x7F if der[1] & 0x80 else 0
    length = int.from_bytes(der[2 : 2 + more], "big") if more else der[1]
    return len(der) == 2 + more + length

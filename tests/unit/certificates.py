"""PEM texts for tests that only look at their form."""

import base64

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBSzCB8qADAgECAhRMtwYIC6RwczaiomNsUjMy1r3DvTAKBggqhkjOPQQDAjAZ
MRcwFQYDVQQDDA5UZXN0IGF1dGhvcml0eTAgFw0yNTAxMDEwMDAwMDBaGA8yMTI1
MDEwMTAwMDAwMFowGTEXMBUGA1UEAwwOVGVzdCBhdXRob3JpdHkwWTATBgcqhkjO
PQIBBggqhkjOPQMBBwNCAASDGr0Km68nLVBcOJND1R4Fcmru66HEir2VTs20R5Ms
ewGOmo06QB3cyLLSj59oaHZDNChqXMnlV2oYiQqKJ7dAoxYwFDASBgNVHRMBAf8E
CDAGAQH/AgEAMAoGCCqGSM49BAMCA0gAMEUCIFs+hW+rgwX4MMZrWO66LF+05BV3
WW4YIR7ifS2rknx7AiEAg25o7PhOeIezFARg2gipe2tQKV4nYAYr/02gF5GXnqY=
-----END CERTIFICATE-----
"""

PRIVATE_KEY = """\
-----BEGIN PRIVATE KEY-----
AAAA
-----END PRIVATE KEY-----
"""


def _key(algorithm: str) -> str:
    """A private key of PKCS #8 as far as the name of its algorithm; what would be secret is left out."""
    identifier = bytes.fromhex(algorithm)
    body = b"\x02\x01\x00" + b"\x30" + bytes([len(identifier)]) + identifier + b"\x04\x00"
    der = base64.b64encode(b"\x30" + bytes([len(body)]) + body).decode()
    return f"-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----\n"


RSA_KEY = _key("06092a864886f70d0101010500")
ED25519_KEY = _key("06032b6570")

RSA_KEY = (
    rsa.generate_private_key(public_exponent=65537, key_size=1024)
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
)

"""PEM texts, most of them for tests that only look at their form."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
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


def _pem(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


RSA_KEY = _pem(rsa.generate_private_key(public_exponent=65537, key_size=1024))
ED25519_KEY = _pem(ed25519.Ed25519PrivateKey.generate())

BROKEN_RSA_KEY = """\
-----BEGIN PRIVATE KEY-----
MBQCAQAwDQYJKoZIhvcNAQEBBQAEAA==
-----END PRIVATE KEY-----
"""
"""Names its algorithm, and holds no key."""


def key_pair() -> tuple[str, str]:
    """A certificate for relay.example.com and its key, which OpenSSL takes too."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "relay.example.com")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return certificate.public_bytes(Encoding.PEM).decode(), text

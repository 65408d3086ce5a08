"""Certificates for the SMTP endpoint: an authority of its own, and a server certificate that it signs."""

import ipaddress
import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_AUTHORITY_LIFE = timedelta(days=3650)
# As long as public authorities issue for; a new one is made at each start.
_SERVER_LIFE = timedelta(days=397)


class Certificates:
    """The authority in a directory: made when it is missing, kept when it is there.

    `ca.pem` is for clients. Key files are readable by their owner only.
    """

    def __init__(self, directory: Path):
        self.authority_file = directory / "ca.pem"
        self._authority_key_file = directory / "ca.key"
        self._server_file = directory / "server.pem"
        self._server_key_file = directory / "server.key"
        if not (self.authority_file.exists() and self._authority_key_file.exists()):
            self._make_authority()

    def server_context(self, names: list[str]) -> ssl.SSLContext:
        """Return a TLS context (1.2 or later) with a new certificate for `names`: host names and IP addresses."""
        authority = x509.load_pem_x509_certificate(self.authority_file.read_bytes())
        authority_key = load_pem_private_key(self._authority_key_file.read_bytes(), password=None)
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _certificate(names[0], key.public_key(), _SERVER_LIFE)
            .issuer_name(authority.subject)
            .add_extension(x509.SubjectAlternativeName(list(map(_general_name, names))), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
            )
            .sign(authority_key, hashes.SHA256())
        )
        _write(self._server_key_file, _pem(key), mode=0o600)
        _write(self._server_file, certificate.public_bytes(Encoding.PEM), mode=0o644)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self._server_file, self._server_key_file)
        return context

    def _make_authority(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _certificate("Local AWS", key.public_key(), _AUTHORITY_LIFE)
        certificate = (
            builder.issuer_name(_name("Local AWS"))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_signs_certificates(), critical=True)
            .sign(key, hashes.SHA256())
        )
        _write(self._authority_key_file, _pem(key), mode=0o600)
        _write(self.authority_file, certificate.public_bytes(Encoding.PEM), mode=0o644)


def _certificate(
    common_name: str, public_key: ec.EllipticCurvePublicKey, life: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(common_name))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        # Clients whose clock is behind, such as in a virtual machine, accept it too.
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    # A common name has at most 64 characters (RFC 5280, A.1); clients look at the alternative names.
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _signs_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
        key_cert_sign=True,
        crl_sign=True,
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, content: bytes, mode: int) -> None:
    """Write a file that is never there with another content or a wider mode."""
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.unlink(missing_ok=True)
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    os.replace(unfinished, path)

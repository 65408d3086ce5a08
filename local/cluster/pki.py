"""The certificates of a cluster: https://kubernetes.io/docs/setup/best-practices/certificates/"""

import ipaddress
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# Longer than a cluster lives.
_LIFE = timedelta(days=365)


class CertificateAuthority:
    """A new authority, in a directory for its own certificate and those that it issues.

    Of each there is `NAME.crt` and `NAME.key`; the authority's are `ca.crt` and `ca.key`.
    """

    def __init__(self, directory: Path):
        directory.mkdir(mode=0o700, parents=True)
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _subject("cluster", None)
        certificate = (
            _certificate(self._name, self._key)
            .issuer_name(self._name)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self._keep("ca", self._key, certificate)

    def issue(
        self, name: str, user: str, group: str | None = None, addresses: Sequence[str] = ()
    ) -> tuple[Path, Path]:
        """Issue a certificate for a user of the cluster in a group, or for a server at host names and IP addresses.

        It serves for both sides of a connection. Returns its file and that of its key.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            _certificate(_subject(user, group), key)
            .issuer_name(self._name)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]),
                critical=False,
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
        )
        if addresses:
            names = x509.SubjectAlternativeName([_general_name(address) for address in addresses])
            builder = builder.add_extension(names, critical=False)
        return self._keep(name, key, builder.sign(self._key, hashes.SHA256()))

    def key_pair(self, name: str) -> tuple[Path, Path]:
        """Make a key without a certificate; return the file of its public half and that of the key."""
        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return self._write(f"{name}.pub", public), self._write(f"{name}.key", _pem(key))

    def _keep(
        self, name: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate
    ) -> tuple[Path, Path]:
        public = self._write(f"{name}.crt", certificate.public_bytes(Encoding.PEM))
        return public, self._write(f"{name}.key", _pem(key))

    def _write(self, name: str, content: bytes) -> Path:
        path = self._directory / name
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        return path


def _certificate(subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + _LIFE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _subject(user: str, group: str | None) -> x509.Name:
    # Kubernetes takes the organization for the user's group.
    organization = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group)] if group else []
    return x509.Name([*organization, x509.NameAttribute(NameOID.COMMON_NAME, user)])


def _general_name(address: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        return x509.DNSName(address)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

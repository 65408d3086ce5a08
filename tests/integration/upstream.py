"""SMTP servers to relay to, and an authority that signs their certificates."""

import datetime
import socket
import ssl
import tempfile
from dataclasses import dataclass

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

HOST = "localhost"

# https://www.rfc-editor.org/rfc/rfc4954#section-4
_MAX_AUTH_OCTETS = 12288


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test authority")])
        own = self._sign(self._name, self._key, x509.BasicConstraints(ca=True, path_length=0))
        self.pem = own.public_bytes(Encoding.PEM).decode()

    def server_context(self, host: str = HOST) -> ssl.SSLContext:
        """TLS for a server with the name `host`."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
        certificate = self._sign(name, key, x509.SubjectAlternativeName([x509.DNSName(host)]))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile() as chain:
            chain.write(certificate.public_bytes(Encoding.PEM))
            chain.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            chain.flush()
            context.load_cert_chain(chain.name)
        return context

    def _sign(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
            .sign(self._key, hashes.SHA256())
        )


@dataclass(frozen=True)
class Message:
    """A message as the upstream got it."""

    sender: str
    recipients: list[str]
    content: bytes
    login: str
    """The user name it was submitted with; empty without a login."""
    encrypted: bool
    client_name: str
    """From EHLO."""


class _Server(SMTP):
    line_length_limit = _MAX_AUTH_OCTETS


class _Controller(Controller):
    def factory(self) -> SMTP:
        server = _Server(self.handler, **self.SMTP_kwargs)
        server.command_size_limits["AUTH"] = _MAX_AUTH_OCTETS
        return server


class Upstream:
    """An SMTP server on a port of its own, which it keeps while it is down: `with upstream:` it is up.

    `tls` is `plain`, `starttls` (required) or `tls` (from the first byte). With `login`, a pair of user name and
    password, nothing is taken without it.
    """

    def __init__(self, tls: str = "plain", login: tuple[str, str] | None = None):
        self.authority = Authority()
        self.messages: list[Message] = []
        self.refused_logins: list[tuple[str, str]] = []
        self.refused_recipients: set[str] = set()
        self._tls = tls
        self._login = login
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]

    def __enter__(self) -> "Upstream":
        context = self.authority.server_context() if self._tls != "plain" else None
        self._controller = _Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            ssl_context=context if self._tls == "tls" else None,
            tls_context=context if self._tls == "starttls" else None,
            require_starttls=self._tls == "starttls",
            authenticator=self._authenticate,
            auth_required=self._login is not None,
            auth_require_tls=self._tls == "starttls",
        )
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: LoginPassword
    ):
        login = (data.login.decode(), data.password.decode())
        if login == self._login:
            return AuthResult(success=True, auth_data=login[0])
        self.refused_logins.append(login)
        return AuthResult(success=False, handled=False)

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refused_recipients:
            return "550 5.1.1 No such user"
        envelope.rcpt_tos.append(address)
        return "250 Ok"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.messages.append(
            Message(
                sender=envelope.mail_from.removeprefix("<>"),
                recipients=envelope.rcpt_tos,
                content=envelope.original_content or b"",
                login=session.auth_data or "",
                encrypted=session.ssl is not None or self._tls == "tls",
                client_name=session.host_name or "",
            )
        )
        return f"250 Ok {len(self.messages)}"

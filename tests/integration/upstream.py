"""SMTP servers to relay to, which misbehave on demand, and an authority that signs their certificates."""

import base64
import binascii
import datetime
import random
import socket
import ssl
import tempfile
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

HOST = "localhost"

# https://www.rfc-editor.org/rfc/rfc4954#section-4
_MAX_LINE_OCTETS = 12288


class Stage(Enum):
    """The steps of an SMTP session that an upstream can answer badly."""

    BANNER = "banner"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    CONTENT = "content"
    """After the message's first line."""
    END_OF_DATA = "end of data"
    """After the final dot."""


class Fault(Enum):
    """What is worse than a bad answer. A message whose final dot has come is taken all the same."""

    HANG = "hang"
    """The connection stays open, and nothing comes."""
    DROP = "drop"
    """The connection is closed."""


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test authority")])
        own = _sign(
            self._name, self._key, x509.BasicConstraints(ca=True, path_length=0), self._name, self._key
        )
        self.pem = own.public_bytes(Encoding.PEM).decode()

    def server_context(self, host: str = HOST, *, expired: bool = False) -> ssl.SSLContext:
        """TLS for a server with the name `host`."""
        return _server_context(host, self._name, self._key, expired=expired)


def self_signed_context(host: str = HOST) -> ssl.SSLContext:
    """TLS for a server with the name `host`, with a certificate that no authority has signed."""
    return _server_context(host)


def _server_context(
    host: str,
    issuer: x509.Name | None = None,
    issuer_key: ec.EllipticCurvePrivateKey | None = None,
    *,
    expired: bool = False,
) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    names = x509.SubjectAlternativeName([x509.DNSName(host)])
    certificate = _sign(name, key, names, issuer or name, issuer_key or key, expired=expired)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as chain:
        chain.write(certificate.public_bytes(Encoding.PEM))
        chain.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        chain.flush()
        context.load_cert_chain(chain.name)
    return context


def _sign(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    expired: bool = False,
) -> x509.Certificate:
    begin = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=48 if expired else 1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + datetime.timedelta(days=1))
        .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        .sign(issuer_key, hashes.SHA256())
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


def port_to_keep(address: str) -> int:
    """A free port that the system gives to no client: else one might have it while nobody listens there."""
    while True:
        port = random.randint(20000, 32000)
        with suppress(OSError), socket.create_server((address, port)):
            return port


class Upstream:
    """An SMTP server on a port of its own, which it keeps while it is down: `with upstream:` it is up.

    `tls` is `plain`, `starttls` (required) or `tls` (from the first byte). With `login`, a pair of user name and
    password, nothing is taken without it. It listens on `address`; its certificate has the name `host`.
    """

    def __init__(
        self,
        tls: str = "plain",
        login: tuple[str, str] | None = None,
        *,
        address: str = "127.0.0.1",
        host: str = HOST,
    ):
        self.authority = Authority()
        self.host = host
        self.tls = tls
        self.login = login
        self.former_login: tuple[str, str] | None = None
        """Taken as well, as while a login is exchanged for another."""
        self.messages: list[Message] = []
        self.refused_logins: list[tuple[str, str]] = []
        self.refused_recipients: set[str] = set()
        self.tls_context = self.authority.server_context(host)
        """What it shows to the next client that begins TLS."""
        self.reached: Counter[Stage] = Counter()
        """How often clients have come to each stage."""
        self._address = address
        self._misbehaviour: dict[Stage, tuple[str | Fault, float]] = {}
        self._lock = threading.Lock()
        self._sessions: set[_Session] = set()
        self.port = port_to_keep(address)

    def __enter__(self) -> "Upstream":
        self._listener = socket.create_server((self._address, self.port), backlog=128)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # close() alone leaves accept() waiting.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._disconnect()

    def misbehave(self, stage: Stage, answer: str | Fault, times: float = float("inf")) -> None:
        """Answer so at `stage`, that many times."""
        self._misbehaviour[stage] = (answer, times)

    def behave(self) -> None:
        """Take mail again. Connections that hang are closed."""
        with self._lock:
            self._misbehaviour.clear()
            hanging = [session for session in self._sessions if session.hangs]
        for session in hanging:
            session.end()

    def answer(self, stage: Stage) -> str | Fault | None:
        """What a client at `stage` is to get now, other than it expects."""
        with self._lock:
            self.reached[stage] += 1
            answer, times = self._misbehaviour.get(stage, (None, 0))
            if times > 1:
                self._misbehaviour[stage] = (answer, times - 1)
            else:
                self._misbehaviour.pop(stage, None)
        return answer

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):  # closed
            while True:
                session = _Session(self, listener.accept()[0])
                threading.Thread(target=self._serve, args=(session,), daemon=True).start()

    def _serve(self, session: "_Session") -> None:
        with self._lock:
            self._sessions.add(session)
        with suppress(OSError, _Gone):
            session.run()
        with self._lock:
            self._sessions.discard(session)
        session.close()

    def _disconnect(self) -> None:
        with self._lock:
            sessions = list(self._sessions)
        for session in sessions:
            session.end()


class _Gone(Exception):
    """The session is over."""


class _Session:
    """One client."""

    def __init__(self, upstream: Upstream, connection: socket.socket):
        self._upstream = upstream
        self._connection = connection
        self._lines = connection.makefile("rb")
        self.hangs = False
        self._encrypted = False
        self._client_name = ""
        self._login = ""
        self._sender: str | None = None
        self._recipients: list[str] = []
        self._commands = {
            "EHLO": self._ehlo,
            "HELO": self._ehlo,
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": self._rset,
            "NOOP": lambda _: self._reply("250 Ok"),
            "QUIT": self._quit,
        }

    def run(self) -> None:
        """Serve the client until it goes."""
        if self._upstream.tls == "tls":
            self._encrypt()
        if not self._misbehaves(Stage.BANNER):
            self._reply(f"220 {self._upstream.host} ESMTP")
        while line := self._lines.readline(_MAX_LINE_OCTETS):
            command, _, argument = line.decode(errors="surrogateescape").strip().partition(" ")
            self._commands.get(command.upper(), lambda _: self._reply("500 Unknown command"))(argument)

    def end(self) -> None:
        """End the connection, from another thread."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Release the connection when all is over."""
        self.end()
        self._lines.close()
        self._connection.close()

    def _reply(self, *lines: str) -> None:
        self._connection.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def _misbehaves(self, stage: Stage) -> bool:
        return self._give(self._upstream.answer(stage))

    def _give(self, answer: str | Fault | None) -> bool:
        if answer is Fault.DROP:
            raise _Gone
        if answer is Fault.HANG:
            self.hangs = True
            while self._connection.recv(65536):
                pass
            raise _Gone
        if answer:
            self._reply(answer)
        return bool(answer)

    def _encrypt(self) -> None:
        self._connection = self._upstream.tls_context.wrap_socket(self._connection, server_side=True)
        self._lines = self._connection.makefile("rb")
        self._encrypted = True

    def _ehlo(self, name: str) -> None:
        if self._misbehaves(Stage.EHLO):
            return
        self._client_name = name
        extensions = ["8BITMIME", "SIZE 33554432"]
        if self._upstream.tls == "starttls" and not self._encrypted:
            extensions.append("STARTTLS")
        elif self._upstream.login:
            extensions.append("AUTH PLAIN LOGIN")
        *first, last = [self._upstream.host, *extensions]
        self._reply(*(f"250-{line}" for line in first), f"250 {last}")

    def _starttls(self, _: str) -> None:
        if self._misbehaves(Stage.STARTTLS):
            return
        self._reply("220 Ready")
        self._encrypt()

    def _auth(self, argument: str) -> None:
        if self._misbehaves(Stage.AUTH):
            return
        mechanism, _, initial = argument.partition(" ")
        try:
            if mechanism.upper() == "PLAIN":
                _, user, password = self._decoded(initial or self._ask("")).split("\0")
            else:
                user = self._decoded(initial or self._ask("VXNlcm5hbWU6"))
                password = self._decoded(self._ask("UGFzc3dvcmQ6"))
        except (binascii.Error, ValueError):
            self._reply("501 5.5.2 Cannot decode that")
            return
        if (user, password) in (self._upstream.login, self._upstream.former_login):
            self._login = user
            self._reply("235 2.7.0 Authentication successful")
        else:
            self._upstream.refused_logins.append((user, password))
            self._reply("535 5.7.8 Authentication credentials invalid")

    def _ask(self, prompt: str) -> str:
        self._reply(f"334 {prompt}")
        return self._lines.readline(_MAX_LINE_OCTETS).decode().strip()

    def _decoded(self, text: str) -> str:
        return base64.b64decode(text, validate=True).decode()

    def _mail(self, argument: str) -> None:
        if self._misbehaves(Stage.MAIL):
            return
        if self._upstream.tls == "starttls" and not self._encrypted:
            self._reply("530 5.7.0 Must issue a STARTTLS command first")
        elif self._upstream.login and not self._login:
            self._reply("530 5.7.0 Authentication required")
        else:
            self._sender, self._recipients = _address(argument), []
            self._reply("250 Ok")

    def _rcpt(self, argument: str) -> None:
        if self._misbehaves(Stage.RCPT):
            return
        recipient = _address(argument)
        if self._sender is None:
            self._reply("503 5.5.1 MAIL first")
        elif recipient in self._upstream.refused_recipients:
            self._reply("550 5.1.1 No such user")
        else:
            self._recipients.append(recipient)
            self._reply("250 Ok")

    def _data(self, _: str) -> None:
        if self._misbehaves(Stage.DATA):
            return
        if not self._recipients:
            self._reply("503 5.5.1 RCPT first")
            return
        self._reply("354 End data with <CR><LF>.<CR><LF>")
        lines: list[bytes] = []
        while (line := self._lines.readline()) != b".\r\n":
            if not line:
                raise _Gone
            if not lines:
                self._misbehaves(Stage.CONTENT)
            lines.append(line.removeprefix(b"."))
        message = Message(
            sender=self._sender or "",
            recipients=self._recipients,
            content=b"".join(lines),
            login=self._login,
            encrypted=self._encrypted,
            client_name=self._client_name,
        )
        self._sender, self._recipients = None, []
        answer = self._upstream.answer(Stage.END_OF_DATA)
        if not isinstance(answer, str):
            self._upstream.messages.append(message)
        if not self._give(answer):
            self._reply(f"250 Ok {len(self._upstream.messages)}")

    def _rset(self, _: str) -> None:
        self._sender, self._recipients = None, []
        self._reply("250 Ok")

    def _quit(self, _: str) -> None:
        self._reply("221 Bye")
        raise _Gone


def _address(argument: str) -> str:
    """The address in `FROM:<address> PARAMETERS` or `TO:<address>`."""
    return argument.partition("<")[2].partition(">")[0]

"""The program behind probe.py: one SMTP session up to the login, then QUIT. It sends no message.

A process of its own, because Python's TLS costs 8 MiB (measured, with the public CAs) that PID 1 would never give
back, and because a process can be ended whatever it waits for: the kernel does, by SIGALRM.

Standard input: the fields of probe.py, with NUL between. Standard output: a line per stage that begins, then one line
`passed`, or `failed`, TAB, problem, TAB, detail. It ends without either when its time is over.

It takes the steps and applies the rules of OpenSMTPD's mta_session.c (7.6), so that it passes where OpenSMTPD would.
"""

import base64
import signal
import socket
import ssl
import sys
from contextlib import suppress

# libtls's default on Debian (tls_default_ca_cert_file).
_PUBLIC_CAS = "/etc/ssl/certs/ca-certificates.crt"

_MAX_LINE = 2048  # LINE_MAX, OpenSMTPD's own limit for a line of a reply
_MAX_LINES = 100
_QUIT_SECONDS = 2

# https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/
_CERTIFICATE_FAULTS = {
    7: "unknown-ca",  # one of the same name, with another key
    9: "not-yet-valid",
    10: "expired",
    18: "self-signed",
    19: "unknown-ca",
    20: "unknown-ca",
    21: "unknown-ca",
    62: "other-name",
    64: "other-name",
}


class _Failed(Exception):
    pass


class _Session:
    """One SMTP session with the upstream."""

    def __init__(self, connection: socket.socket):
        self._connection = connection
        self._replies = connection.makefile("rb")

    def command(self, text: str) -> tuple[str, list[str]]:
        self._connection.sendall(text.encode() + b"\r\n")
        return self.reply()

    def reply(self) -> tuple[str, list[str]]:
        """The reply's first line, and the texts of all lines."""
        texts: list[str] = []
        first = ""
        while len(texts) < _MAX_LINES:
            line = self._replies.readline(_MAX_LINE).decode("utf-8", "replace")
            if not line.endswith("\n"):
                raise _Failed("closed" if len(line) < _MAX_LINE else "other", line)
            line = line.rstrip("\r\n")
            if not line[:3].isdigit() or line[3:4] not in ("", " ", "-"):
                raise _Failed("other", f"no SMTP reply: {line}")
            first = first or f"{line[:3]} {line[4:]}"
            texts.append(line[4:])
            if line[3:4] != "-":
                return first, texts
        raise _Failed("other", "a reply without an end")

    def start_tls(self, host: str, verify: bool, ca: str) -> None:
        _begin("tls")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif ca:
            context.load_verify_locations(cadata=ca)
        else:
            context.load_verify_locations(_PUBLIC_CAS)
        self._connection = context.wrap_socket(self._connection, server_hostname=host.encode())
        self._replies = self._connection.makefile("rb")

    def quit(self) -> None:
        self._connection.settimeout(_QUIT_SECONDS)
        self.command("QUIT")


def _begin(stage: str) -> None:
    print(stage, flush=True)


def _expect(reply: tuple[str, list[str]], *first_digits: str) -> list[str]:
    line, texts = reply
    if not line.startswith(first_digits):
        raise _Failed("reply", line)
    return texts


def _connect(host: str, port: str) -> socket.socket:
    _begin("resolve")
    try:
        # As bytes: for a text Python loads its tables for international names.
        addresses = socket.getaddrinfo(host.encode(), port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        no_answer = error.errno == socket.EAI_AGAIN
        raise _Failed("timeout" if no_answer else "unresolved", error.strerror) from None
    _begin("connect")
    failure = OSError()
    for left, (family, kind, protocol, _, address) in zip(
        range(len(addresses), 0, -1), addresses, strict=True
    ):
        connection = socket.socket(family, kind, protocol)
        # A dead address must leave time for the next one, and for the session.
        connection.settimeout(signal.getitimer(signal.ITIMER_REAL)[0] / (left + 1))
        try:
            connection.connect(address)
        except OSError as error:
            connection.close()
            failure = error
        else:
            connection.settimeout(None)
            return connection
    raise failure


def _ehlo(session: _Session, helo: str, or_helo: bool) -> list[str]:
    _begin("ehlo")
    reply = session.command(f"EHLO {helo}")
    if or_helo and not reply[0].startswith("2"):
        reply = session.command(f"HELO {helo}")
    return _expect(reply, "2")


def _log_in(session: _Session, extensions: list[str], user: str, password: str) -> None:
    _begin("auth")
    mechanisms = next((text.split()[1:] for text in extensions if text.startswith("AUTH ")), [])
    if "PLAIN" in mechanisms:
        _expect(session.command("AUTH PLAIN " + _base64(f"\0{user}\0{password}")), "2")
    elif "LOGIN" in mechanisms:
        _expect(session.command("AUTH LOGIN"), "334")
        _expect(session.command(_base64(user)), "334")
        _expect(session.command(_base64(password)), "2")
    else:
        raise _Failed("missing", " ".join(mechanisms))


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()


def _log_in_to(
    host: str, port: str, proto: str, verify: bool, user: str, password: str, ca: str, helo: str
) -> None:
    session = _Session(_connect(host, port))
    if proto == "smtps":
        session.start_tls(host, verify, ca)
    _begin("greeting")
    _expect(session.reply(), "2")
    extensions = _ehlo(session, helo, or_helo=proto in ("smtp", "smtp+notls"))
    if proto == "smtp+tls":
        _begin("starttls")
        if "STARTTLS" not in extensions:
            raise _Failed("missing")
        _expect(session.command("STARTTLS"), "2")
        session.start_tls(host, verify, ca)
        extensions = _ehlo(session, helo, or_helo=False)
    if user:
        _log_in(session, extensions, user, password)
    print("passed", flush=True)
    with suppress(OSError, _Failed):  # it has nothing more to tell
        session.quit()


def _problem(error: Exception) -> tuple[str, str]:
    match error:
        case _Failed():
            return error.args[0], "".join(error.args[1:])
        case ssl.SSLCertVerificationError():
            return _CERTIFICATE_FAULTS.get(error.verify_code, "certificate"), error.verify_message
        case ssl.SSLEOFError() | ConnectionResetError() | BrokenPipeError():
            return "closed", ""
        case ssl.SSLError():
            reason = error.reason or ""
            return ("not-tls" if reason == "WRONG_VERSION_NUMBER" else "other"), reason
        case TimeoutError():
            return "timeout", ""
        case ConnectionRefusedError():
            return "refused", ""
        case OSError():
            return "unreachable", error.strerror or ""
    return "other", type(error).__name__


def main() -> None:
    """Answer the one request."""
    fields = sys.stdin.buffer.read().decode("utf-8", "surrogateescape").split("\0")
    seconds, host, port, proto, verify, user, password, ca, helo = fields
    signal.setitimer(signal.ITIMER_REAL, float(seconds))
    try:
        _log_in_to(host, port, proto, verify == "yes", user, password, ca, helo)
    except Exception as error:
        problem, detail = _problem(error)
        print("failed", problem, _shown(detail, user, password), sep="\t", flush=True)


def _shown(detail: str, user: str, password: str) -> str:
    """`detail` as one line, without the login: some servers repeat what they do not understand."""
    for secret in (_base64(f"\0{user}\0{password}"), _base64(password), password):
        detail = detail.replace(secret, "***") if secret else detail
    return "".join(letter if letter.isprintable() else " " for letter in detail).strip()


if __name__ == "__main__":
    main()

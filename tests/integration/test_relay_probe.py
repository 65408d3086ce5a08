"""The probe of an upstream, against servers that behave in every way."""

import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from components.image.relay.failure import Failure
from components.image.relay.probe import ProbeFailed, probe
from components.image.relay.settings import Upstream as Settings
from tests.integration.upstream import Authority, Stage, Upstream, self_signed_context

pytestmark = pytest.mark.integration

LOGIN = ("apikey", 'a pass:word with # " \\ $ and ü')
HELO = "relay.example.com"
SECONDS = 2


class Scripted:
    """A server that follows a script: what to send for each line that it gets, first for the connection.

    `None` hangs, `""` closes the connection, `tls` behind a reply starts TLS.
    """

    def __init__(self, *script: str | None, tls: ssl.SSLContext | None = None):
        self.got: list[str] = []
        self._script = script
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.port = self._listener.getsockname()[1]

    def __enter__(self) -> "Scripted":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._listener.close()
        self._thread.join(SECONDS)

    def _serve(self) -> None:
        with suppress(OSError):
            connection, _ = self._listener.accept()
            lines = connection.makefile("rb")
            for number, step in enumerate(self._script):
                if number:
                    self.got.append(lines.readline().decode("latin-1").strip())
                if step is None:
                    self._stopped.wait(4 * SECONDS)
                if not step:
                    connection.shutdown(socket.SHUT_RDWR)
                    return
                reply, _, starts_tls = step.partition("|")
                connection.sendall(reply.replace("\n", "\r\n").encode() + b"\r\n")
                if starts_tls:
                    connection = self._tls.wrap_socket(connection, server_side=True)
                    lines = connection.makefile("rb")
            self.got += [line.decode("latin-1").strip() for line in lines]


def failure(settings: Settings, seconds: float = SECONDS) -> Failure:
    with pytest.raises(ProbeFailed) as caught:
        probe(settings, HELO, seconds)
    return caught.value.failure


def smtp(port: int, proto: str = "smtp+notls", **others: object) -> Settings:
    return Settings("localhost", port, proto, **others)


@pytest.mark.parametrize(("tls", "proto"), [("starttls", "smtp+tls"), ("tls", "smtps")])
def test_the_right_login_passes_over_verified_tls(tls, proto):
    with Upstream(tls, LOGIN) as upstream:
        probe(smtp(upstream.port, proto, user=LOGIN[0], password=LOGIN[1], ca=upstream.authority.pem), HELO)
        assert upstream.reached[Stage.AUTH] == 1
        assert upstream.reached[Stage.MAIL] == 0


def test_a_wrong_password_is_refused_with_the_servers_reply():
    with Upstream("starttls", LOGIN) as upstream:
        found = failure(
            smtp(upstream.port, "smtp+tls", user=LOGIN[0], password="x", ca=upstream.authority.pem)
        )
    assert (found.stage, found.code) == ("auth", 535)


def test_a_user_without_a_password_logs_in_with_the_user_as_both():
    with Upstream("starttls", ("token", "token")) as upstream:
        probe(smtp(upstream.port, "smtp+tls", user="token", ca=upstream.authority.pem), HELO)


def test_without_a_login_it_greets_and_quits_and_sends_nothing():
    with Scripted("220 hello", "250 hello", "221 bye") as server:
        probe(smtp(server.port), HELO)
        assert server.got == [f"EHLO {HELO}", "QUIT"]


@contextmanager
def starttls(*script: str | None) -> Iterator[tuple[Scripted, Settings]]:
    """A server that offers STARTTLS, and follows the script from the second EHLO on."""
    authority = Authority()
    opening = ("220 hello", "250-hello\n250 STARTTLS", "220 go on|tls")
    with Scripted(*opening, *script, tls=authority.server_context()) as server:
        yield server, smtp(server.port, "smtp+tls", user="me", password="hunter2", ca=authority.pem)


def test_with_a_login_it_sends_no_message():
    with starttls("250-hello\n250 AUTH PLAIN LOGIN", "235 welcome", "221 bye") as (server, settings):
        probe(settings, HELO)
        assert server.got == [
            f"EHLO {HELO}",
            "STARTTLS",
            f"EHLO {HELO}",
            "AUTH PLAIN AG1lAGh1bnRlcjI=",
            "QUIT",
        ]


def test_where_plain_is_not_offered_it_takes_login():
    script = ("250 AUTH LOGIN", "334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 welcome", "221 bye")
    with starttls(*script) as (server, settings):
        probe(settings, HELO)
        assert server.got[3:] == ["AUTH LOGIN", "bWU=", "aHVudGVyMg==", "QUIT"]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (["250 AUTH CRAM-MD5"], Failure("auth", "missing", "CRAM-MD5")),
        (["250 hello"], Failure("auth", "missing")),
        (["250 AUTH PLAIN", "535 Authentication Credentials Invalid"],
         Failure("auth", "reply", "535 Authentication Credentials Invalid")),
        (["250 AUTH PLAIN", "454 Temporary authentication failure"],
         Failure("auth", "reply", "454 Temporary authentication failure")),
        (["250 AUTH LOGIN", "334 VXNlcm5hbWU6", "535 no such user"], Failure("auth", "reply", "535 no such user")),
        (["250 AUTH PLAIN", None], Failure("auth", "timeout")),
        (["250 AUTH PLAIN", ""], Failure("auth", "closed")),
        (["550 not you"], Failure("ehlo", "reply", "550 not you")),
    ],
)  # fmt: skip
def test_what_goes_wrong_behind_tls_is_told_by_stage(script, expected):
    with starttls(*script) as (_, settings):
        assert failure(settings) == expected


@pytest.mark.parametrize(
    ("proto", "script", "expected"),
    [
        ("smtp+notls", [None], Failure("greeting", "timeout")),
        ("smtp+notls", [""], Failure("greeting", "closed")),
        ("smtp+notls", ["421 too busy"], Failure("greeting", "reply", "421 too busy")),
        ("smtp+notls", ["554-no\n554 service"], Failure("greeting", "reply", "554 no")),
        ("smtp+notls", ["SSH-2.0-OpenSSH_9.2"], Failure("greeting", "other", "no SMTP reply: SSH-2.0-OpenSSH_9.2")),
        ("smtp+notls", ["220 hello", "502 what", "550 not you"], Failure("ehlo", "reply", "550 not you")),
        ("smtp+tls", ["220 hello", "502 what"], Failure("ehlo", "reply", "502 what")),
        ("smtp+tls", ["220 hello", "250 hello"], Failure("starttls", "missing")),
        ("smtp+tls", ["220 hello", "250 STARTTLS", "454 not now"], Failure("starttls", "reply", "454 not now")),
        ("smtp+tls", ["220 hello", "250 STARTTLS", "220 go on", None], Failure("tls", "timeout")),
        ("smtp+tls", ["220 hello", "250 STARTTLS", "220 go on", ""], Failure("tls", "closed")),
        ("smtps", ["220 hello"], Failure("tls", "not-tls", "WRONG_VERSION_NUMBER")),
    ],
)  # fmt: skip
def test_what_goes_wrong_before_tls_is_told_by_stage(proto, script, expected):
    with Scripted(*script) as server:
        assert failure(smtp(server.port, proto)) == expected


def test_a_server_that_knows_no_ehlo_passes_where_nothing_needs_it():
    with Scripted("220 hello", "502 what", "250 hello", "221 bye") as server:
        probe(smtp(server.port), HELO)
        assert server.got == [f"EHLO {HELO}", f"HELO {HELO}", "QUIT"]


def test_a_name_that_does_not_resolve_is_told():
    assert failure(Settings("nowhere.invalid")).problem == "unresolved"


def test_a_refused_connection_is_told():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert failure(smtp(port)) == Failure("connect", "refused")


def test_a_server_that_sends_an_octet_now_and_then_does_not_hold_it():
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            for octet in b"220-" + b"x" * 1000:
                connection.send(bytes([octet]))
                time.sleep(0.1)

    threading.Thread(target=drip, daemon=True).start()
    start = time.monotonic()
    with listener:
        assert failure(smtp(listener.getsockname()[1]), 1) == Failure("greeting", "timeout")
    assert time.monotonic() - start < 10


def test_a_reply_without_an_end_does_not_fill_the_memory():
    with Scripted("220-x\n" * 1000) as server:
        assert failure(smtp(server.port)) == Failure("greeting", "other", "a reply without an end")


def test_a_login_that_the_server_repeats_is_not_told():
    with starttls("250 AUTH PLAIN", "500 what is AUTH PLAIN AG1lAGh1bnRlcjI=") as (_, settings):
        assert failure(settings).detail == "500 what is AUTH PLAIN ***"


def test_the_login_is_on_no_command_line(monkeypatch):
    seen = []
    with starttls("250 AUTH PLAIN", None) as (server, settings):
        thread = threading.Thread(target=failure, args=(settings,))
        thread.start()
        while len(server.got) < 4 and thread.is_alive():
            time.sleep(0.05)
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if f"\nPPid:\t{os.getpid()}\n" in (process / "status").read_text():
                    seen.append((process / "cmdline").read_bytes() + (process / "environ").read_bytes())
        thread.join()
    assert [one for one in seen if b"preflight" in one]
    assert not [one for one in seen if b"hunter2" in one]


@pytest.mark.parametrize(
    ("context", "problem"),
    [
        (lambda authority: authority.server_context("other.example.com"), "other-name"),
        (lambda authority: authority.server_context(expired=True), "expired"),
        (lambda _: self_signed_context(), "self-signed"),
        (lambda _: Authority().server_context(), "unknown-ca"),
    ],
    ids=["another name", "expired", "self-signed", "of another CA"],
)
def test_a_certificate_that_does_not_hold_is_told(
    context: Callable[[Authority], ssl.SSLContext], problem: str
):
    with Upstream("tls", LOGIN) as upstream:
        upstream.tls_context = context(upstream.authority)
        settings = smtp(upstream.port, "smtps", user=LOGIN[0], password=LOGIN[1], ca=upstream.authority.pem)
        found = failure(settings)
        assert (found.stage, found.problem) == ("tls", problem)
        assert upstream.reached[Stage.AUTH] == 0


def test_without_a_ca_of_its_own_the_public_ones_must_have_signed():
    with Upstream("tls") as upstream:
        assert failure(smtp(upstream.port, "smtps")).problem == "unknown-ca"

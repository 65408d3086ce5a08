"""The upstream's endpoint, tried from this machine: for a relay that runs where this machine does not reach it."""

import os
import socket
import ssl
from pathlib import Path

from ..image.relay.diagnosis import diagnosis
from ..image.relay.failure import Failure
from ..image.relay.invalid_setting import InvalidSetting
from ..image.relay.probe import ProbeFailed, probe
from ..image.relay.settings import Upstream
from .finding import FINE, UNKNOWN, WRONG, Finding

USER, PASSWORD = "RELAY_USER", "RELAY_PASSWORD"
"""The variables with the login, which no output of a stack has."""

_CHECK = "login, from this machine"
# Whether this machine gets there says nothing about the relay.
_ON_THE_WAY = ("resolve", "connect")


def look(host: str, port: int, proto: str, ca: str = "") -> Finding:
    """Try the endpoint, with the login if the environment has one; `ca` is PEM text, empty for this machine's CAs."""
    user, password = os.environ.get(USER, ""), os.environ.get(PASSWORD, "")
    try:
        upstream = Upstream(host, port, proto, user, password, ca or _public_cas())
        probe(upstream, socket.gethostname())
    except InvalidSetting as error:
        return Finding(_CHECK, UNKNOWN, str(error), f"set {USER} and {PASSWORD} to the relay's login")
    except ProbeFailed as failed:
        return judge(upstream, failed.failure)
    return judge(upstream, None)


def judge(upstream: Upstream, failure: Failure | None) -> Finding:
    """`failure` is how the upstream failed; None when it took what was tried."""
    if failure and failure.stage in _ON_THE_WAY:
        return Finding(
            _CHECK,
            UNKNOWN,
            f"{upstream.host}:{upstream.port} is not reached from here ({failure.detail or failure.problem})",
            "run this where the relay runs",
        )
    if failure:
        seen, _, advice = diagnosis(upstream, failure).rpartition(": ")
        return Finding(_CHECK, WRONG, seen, advice)
    if not upstream.user:
        return Finding(
            _CHECK,
            UNKNOWN,
            f"{upstream.host}:{upstream.port} answers, with the right certificate; no login was tried",
            f"run this where the relay runs, or with its login in {USER} and {PASSWORD}",
        )
    return Finding(_CHECK, FINE, "accepted")


def _public_cas() -> str:
    # The relay's image has them in Debian's place; this machine may have them elsewhere.
    file = ssl.get_default_verify_paths().cafile
    return Path(file).read_text() if file else ""

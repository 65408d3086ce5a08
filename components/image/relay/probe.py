"""Whether an upstream would take mail: a session with it up to the login, without a message."""

import os

from .failure import Failure
from .helper import output_of
from .refusals import DIRECT
from .settings import Upstream

TIMEOUT_SECONDS = 15
"""For the whole of a probe, however slowly the upstream speaks."""

# The image has bytecode only.
_PROGRAM = os.path.join(os.path.dirname(__file__), f"preflight{os.path.splitext(__file__)[1]}")


class ProbeFailed(Exception):
    """The upstream would not take mail now; `failure` says why."""

    def __init__(self, failure: Failure):
        super().__init__(failure)
        self.failure = failure


def probe(upstream: Upstream, helo: str, timeout: float = TIMEOUT_SECONDS) -> None:
    """Connect to `upstream`, verify its certificate and log in, as far as its protocol has that. Raises ProbeFailed.

    `timeout` is in seconds and holds for all of it. With direct delivery there is nothing to probe.
    """
    if upstream.proto == DIRECT:
        return
    request = "\0".join(
        (
            str(timeout),
            upstream.host,
            str(upstream.port),
            upstream.proto,
            "yes" if upstream.verify else "no",
            upstream.user,
            upstream.password or upstream.user,
            upstream.ca,
            helo,
        )
    )
    lines = (
        output_of(_PROGRAM, request.encode("utf-8", "surrogateescape"))
        .decode("utf-8", "replace")
        .splitlines()
    )
    if "passed" in lines:
        return
    *stages, last = lines or ["resolve"]
    if last.startswith("failed\t"):
        _, problem, detail = last.split("\t", 2)
        raise ProbeFailed(Failure(stages[-1] if stages else "resolve", problem, detail))
    raise ProbeFailed(Failure(last, "timeout"))

"""How upstreams behave, and what the relay promises in each case: docs/conformance.md as code."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from tests.integration.upstream import Authority, Fault, Stage, self_signed_context

from .scene import Scene


class Outcome(Enum):
    """What becomes of a message that is submitted while the upstream behaves so."""

    DELIVERED = "is delivered"
    AFTER_RECOVERY = "waits in the queue, and leaves as soon as the upstream is well again"
    AT_NEXT_TRY = "waits in the queue, and leaves at its next try"
    PERHAPS_TWICE = (
        "leaves at its next try, and may arrive twice: the upstream had it, and the relay was not told"
    )
    BOUNCED = "comes back to its sender as undeliverable"


@dataclass(frozen=True)
class Behaviour:
    """One way in which an upstream behaves.

    `upset` makes it behave so. `line` is then in the relay's log, with the upstream's host for `{host}`, and with its
    port for `{upstream}`.
    `ready` is whether the relay goes on to call itself ready.
    """

    name: str
    outcome: Outcome
    line: str
    upset: Callable[[Scene], None] = lambda _: None
    ready: bool = False
    proto: str = "smtp+tls"
    from_the_start: bool = False
    """Whether the upstream behaves so before the relay starts; otherwise only when the relay has become ready."""
    by_name: bool = False
    """Whether the relay finds the upstream by DNS."""
    seconds: int = 0
    """How long it lasts at least. The relay then tries the upstream as rarely as it does by default."""

    @property
    def readiness(self) -> str:
        """Whether the relay calls itself ready meanwhile, in words."""
        if self.ready:
            return "yes"
        return "no" if self.outcome is Outcome.AFTER_RECOVERY else "no, once it has waited for long"


def _other_name(scene: Scene) -> None:
    scene.upstream.tls_context = scene.upstream.authority.server_context("other.example.com")


def _self_signed(scene: Scene) -> None:
    scene.upstream.tls_context = self_signed_context(scene.upstream.host)


def _unknown_ca(scene: Scene) -> None:
    scene.upstream.tls_context = Authority().server_context(scene.upstream.host)


def _expired(scene: Scene) -> None:
    scene.upstream.tls_context = scene.upstream.authority.server_context(scene.upstream.host, expired=True)


def _other_login(scene: Scene) -> None:
    scene.upstream.login = ("somebody", "else")


def _unknown_name(scene: Scene) -> None:
    scene.nameserver.records.clear()


def _silent_nameserver(scene: Scene) -> None:
    scene.nameserver.silent = True


def _at(stage: Stage, answer: str | Fault, times: float = float("inf")) -> Callable[[Scene], None]:
    return lambda scene: scene.upstream.misbehave(stage, answer, times)


def _before_the_message(stage: Stage, reply: str, line: str) -> Behaviour:
    name = f"answers {reply[0]}xx at {stage.value}"
    return Behaviour(name, Outcome.AFTER_RECOVERY, f"upstream {{upstream}} {line}", _at(stage, reply))


def _at_the_message(stage: Stage) -> tuple[Behaviour, Behaviour]:
    later, never = "451 4.3.0 Try again later", "554 5.7.1 Not taken"
    return (
        Behaviour(
            f"answers 4xx at {stage.value}",
            Outcome.AT_NEXT_TRY,
            f'result="TempFail" stat="{later}"',
            _at(stage, later),
        ),
        Behaviour(
            f"answers 5xx at {stage.value}",
            Outcome.BOUNCED,
            f'result="PermFail" stat="{never}"',
            _at(stage, never),
            ready=True,
        ),
    )


_LATER = "421 4.3.2 Try again later"
_NEVER = "554 5.7.1 Not you"
_TRIES_AGAIN = f"({_LATER}): the relay tries again by itself"
_LOG_MAY_SAY = f"({_NEVER}): the log of that server may say why"
_TAKEN = 'result="Ok" stat="250 Ok'
_THROTTLED = "454 Throttling failure: Maximum sending rate exceeded."

_CUT_OFF = "unexpected eof while reading"

BEHAVIOURS = (
    Behaviour("takes mail over STARTTLS", Outcome.DELIVERED, _TAKEN, ready=True),
    Behaviour("takes mail over implicit TLS", Outcome.DELIVERED, _TAKEN, ready=True, proto="smtps"),
    Behaviour("takes mail in plain text", Outcome.DELIVERED, _TAKEN, ready=True, proto="smtp+notls"),
    Behaviour(
        "has a certificate for another name",
        Outcome.AFTER_RECOVERY,
        "upstream {upstream} has a certificate for another name than {host}: set RELAY_HOST to a name that is in it",
        _other_name,
        from_the_start=True,
    ),
    Behaviour(
        "has a self-signed certificate",
        Outcome.AFTER_RECOVERY,
        "upstream {upstream} has a self-signed certificate: give it as RELAY_CA if that server is yours, else correct "
        "RELAY_HOST",
        _self_signed,
        from_the_start=True,
    ),
    Behaviour(
        "has a certificate of an unknown CA",
        Outcome.AFTER_RECOVERY,
        "upstream {upstream} has a certificate of an unknown CA: give that CA as RELAY_CA, or correct RELAY_HOST",
        _unknown_ca,
        from_the_start=True,
    ),
    Behaviour(
        "has an expired certificate",
        Outcome.AFTER_RECOVERY,
        "upstream {upstream} has an expired certificate: its operator must renew it, unless the clock here is wrong",
        _expired,
    ),
    Behaviour(
        "refuses the login from the start",
        Outcome.AFTER_RECOVERY,
        "upstream {upstream} refused the login (535): correct RELAY_USER and RELAY_PASSWORD",
        _other_login,
        from_the_start=True,
    ),
    Behaviour(
        "refuses the login all at once",
        Outcome.AFTER_RECOVERY,
        "upstream {upstream} refused the login (535): correct RELAY_USER and RELAY_PASSWORD",
        _other_login,
    ),
    Behaviour(
        "throttles, then takes mail",
        Outcome.AT_NEXT_TRY,
        f'result="TempFail" stat="{_THROTTLED}"',
        _at(Stage.END_OF_DATA, _THROTTLED, times=1),
    ),
    _before_the_message(Stage.BANNER, _LATER, f"refuses for now before its greeting {_TRIES_AGAIN}"),
    _before_the_message(
        Stage.BANNER,
        _NEVER,
        f"refuses this client ({_NEVER}): have its operator allow the address that the relay sends from",
    ),
    _before_the_message(Stage.EHLO, _LATER, f"refuses for now after EHLO {_TRIES_AGAIN}"),
    _before_the_message(
        Stage.EHLO, _NEVER, f"refuses the relay's name ({_NEVER}): set OPENSMTPD_HOSTNAME to a full name"
    ),
    _before_the_message(Stage.STARTTLS, _LATER, f"refuses for now after STARTTLS {_TRIES_AGAIN}"),
    _before_the_message(Stage.STARTTLS, _NEVER, f"refused after STARTTLS {_LOG_MAY_SAY}"),
    _before_the_message(
        Stage.AUTH,
        "454 4.7.0 Temporary authentication failure",
        "cannot check the login now (454): the relay tries again by itself",
    ),
    *_at_the_message(Stage.MAIL),
    *_at_the_message(Stage.RCPT),
    *_at_the_message(Stage.DATA),
    *_at_the_message(Stage.END_OF_DATA),
    Behaviour(
        "hangs after its greeting",
        Outcome.AFTER_RECOVERY,
        "upstream {upstream} answers too slowly after EHLO: that server is overloaded, or RELAY_PORT is another "
        "service's",
        _at(Stage.EHLO, Fault.HANG),
    ),
    Behaviour(
        "drops the connection before the final dot",
        Outcome.AT_NEXT_TRY,
        _CUT_OFF,
        _at(Stage.CONTENT, Fault.DROP),
    ),
    Behaviour(
        "drops the connection after the final dot",
        Outcome.PERHAPS_TWICE,
        _CUT_OFF,
        _at(Stage.END_OF_DATA, Fault.DROP),
    ),
    Behaviour(
        "is down for a minute",
        Outcome.AFTER_RECOVERY,
        "upstream {upstream} refused the connection: nothing listens there; correct RELAY_HOST and RELAY_PORT",
        Scene.stop_upstream,
        seconds=60,
    ),
    Behaviour(
        "listens on another port",
        Outcome.AFTER_RECOVERY,
        "upstream {upstream} refused the connection: nothing listens there; correct RELAY_HOST and RELAY_PORT",
        Scene.stop_upstream,
        from_the_start=True,
    ),
    Behaviour(
        "has a name that does not resolve",
        Outcome.AFTER_RECOVERY,
        "upstream {upstream} does not resolve: correct RELAY_HOST, or the container's DNS server",
        _unknown_name,
        from_the_start=True,
        by_name=True,
    ),
    Behaviour(
        "has a name, and the name server never answers",
        Outcome.AFTER_RECOVERY,
        "upstream {upstream} was not resolved in time: the container's DNS server does not answer",
        _silent_nameserver,
        from_the_start=True,
        by_name=True,
    ),
)
"""All that the suite tries. The names are those of the rows in docs/conformance.md."""

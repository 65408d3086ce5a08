"""What can go wrong between the relay and an upstream."""

from typing import NamedTuple


class Failure(NamedTuple):
    """How far a session with the upstream came, and what ended it."""

    stage: str
    """What was being done: `resolve`, `connect`, `greeting`, `ehlo`, `starttls`, `tls`, `auth` or `mail`."""
    problem: str
    """`reply` (a refusal; `detail` is the reply), `timeout`, `closed`, `refused` (the connection), `unreachable`,
    `unresolved`, `missing` (STARTTLS or AUTH is not offered), `not-tls`, or what is wrong with the certificate:
    `other-name`, `expired`, `not-yet-valid`, `self-signed`, `unknown-ca`, `certificate`; `other` for the rest."""
    detail: str = ""
    """The upstream's reply, or the system's words. Never a secret."""

    @property
    def code(self) -> int:
        """The SMTP reply code; 0 where there was no reply."""
        return int(self.detail[:3]) if self.problem == "reply" and self.detail[:3].isdecimal() else 0

"""One sentence for each way in which an upstream can fail, with the fix. Pure text, no I/O."""

import re

from .failover import FALLBACK, PRIMARY
from .failure import Failure
from .settings import Upstream
from .smtpd_conf import host_and_port

_PREFIX = "RELAY_"
_TLS_PORTS = (465, 2465)  # of SES and others

# The public endpoints and the VPC endpoints of SES: https://docs.aws.amazon.com/general/latest/gr/ses.html
_SES_HOST = re.compile(r"(?:^|\.)email-smtp(?:-fips)?\.([a-z]{2}(?:-[a-z]+)+-[0-9]+)\.")
# SES's words: https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-smtp.html
_SES_LOGIN_REFUSED = "Authentication Credentials Invalid"

# Replies that every message of a sender would get: SES (the same page), and SendGrid
# (https://www.twilio.com/docs/sendgrid/for-developers/sending-email/sender-identity).
_SENDER_REFUSED = re.compile(
    r"5[0-9]{2}\b.*(?:not verified|verified sender identity|not authorized to|sending (?:suspended|paused))",
    re.IGNORECASE,
)
_REGION_IN_REPLY = re.compile(r"in region ([A-Z0-9-]+)")

# How OpenSMTPD's log names what ended a session: mta_session.c and libtls in 7.6.
_REASONS = (
    (r"AUTH rejected: ", "auth", "reply"),
    (r"no supported AUTH method|AUTH not advertised", "auth", "missing"),
    (r"BANNER rejected: ", "greeting", "reply"),
    (r"(?:EHLO|HELO) rejected: ", "ehlo", "reply"),
    (r"STARTTLS rejected: ", "starttls", "reply"),
    (r"TLS required but not supported.*", "starttls", "missing"),
    (r"name `.*' not present in server certificate", "tls", "other-name"),
    (r"certificate verification failed: self.signed certificate in.*", "tls", "unknown-ca"),
    (r"certificate verification failed: self.signed.*", "tls", "self-signed"),
    (r"certificate verification failed: certificate has expired", "tls", "expired"),
    (r"certificate verification failed: certificate is not yet valid", "tls", "not-yet-valid"),
    (
        r"certificate verification failed: (?:unable to get|certificate signature failure).*",
        "tls",
        "unknown-ca",
    ),
    (r"certificate verification failed: ", "tls", "certificate"),
    (r"Connection refused", "connect", "refused"),
    (r".*timeout", "connect", "timeout"),
)

_WHEN = {
    "resolve": "when its name was looked up",
    "connect": "when it was called",
    "greeting": "before its greeting",
    "ehlo": "after EHLO",
    "starttls": "after STARTTLS",
    "tls": "while TLS was set up",
    "auth": "at the login",
    "mail": "at a message",
}


def failure_in(reason: str) -> Failure:
    """What the reason of an `mta error` in OpenSMTPD's log stands for."""
    reason = reason.removeprefix("IO Error: ")
    for pattern, stage, problem in _REASONS:
        if match := re.match(pattern, reason):
            return Failure(stage, problem, reason[match.end() :])
    return Failure("connect", "other", reason)


def refuses_sender(reply: str) -> bool:
    """Whether a reply to a message is about who sends it, so that all mail of that sender gets the same."""
    return bool(_SENDER_REFUSED.match(reply))


def variables_of(name: str) -> str:
    """What the names of the variables that describe the upstream `name` (see watch.upstreams_of) begin with."""
    return {PRIMARY: _PREFIX, FALLBACK: f"{_PREFIX}FALLBACK_"}.get(name, f"{_PREFIX}{name[-1]}_")


def diagnosis(upstream: Upstream, failure: Failure, prefix: str = _PREFIX) -> str:
    """What is wrong with `upstream`, and the fix: one line, without a secret.

    `prefix` is what the names of the variables that describe this upstream begin with.
    """
    return f"upstream {host_and_port(upstream)} {_sentence(upstream, failure).replace(_PREFIX, prefix)}"


def _sentence(upstream: Upstream, failure: Failure) -> str:
    if failure.code:
        return _refusal(upstream, failure)
    stage, problem, detail = failure
    match problem, stage:
        case "unresolved", _:
            return "does not resolve: correct RELAY_HOST, or the container's DNS server"
        case "refused", _:
            return "refused the connection: nothing listens there; correct RELAY_HOST and RELAY_PORT"
        case "unreachable", _:
            return f"cannot be reached ({detail}): give the container a route to it"
        case "timeout", "resolve":
            return "was not resolved in time: the container's DNS server does not answer"
        case "timeout", "connect":
            return (
                "does not answer: a firewall may block the port (many block 25); try RELAY_PORT=587 or 2587"
            )
        case "timeout", "greeting" if upstream.proto != "smtps" and upstream.port in _TLS_PORTS:
            return "sends no greeting: this port speaks TLS from the first byte; set RELAY_PROTO=smtps"
        case "timeout", _:
            return f"answers too slowly {_WHEN[stage]}: that server is overloaded, or RELAY_PORT is another service's"
        case "closed", _:
            return f"closed the connection {_WHEN[stage]}: RELAY_PORT may be another service's, or it is overloaded"
        case "missing", "starttls":
            return "offers no STARTTLS: set RELAY_PROTO=smtps with its port for TLS (465), or have it offer STARTTLS"
        case "missing", _:
            offer = f"only {detail}" if detail else "no login"
            return f"offers {offer}: PLAIN or LOGIN are needed; correct RELAY_HOST, or leave RELAY_USER out"
        case "not-tls", _:
            return "does not speak TLS from the first byte: set RELAY_PROTO=smtp+tls, or RELAY_PORT=465"
        case "other-name", _:
            return f"has a certificate for another name than {upstream.host}: set RELAY_HOST to a name that is in it"
        case "expired", _:
            return "has an expired certificate: its operator must renew it, unless the clock here is wrong"
        case "not-yet-valid", _:
            return "has a certificate that is not valid yet: correct the clock here"
        case "self-signed", _:
            return "has a self-signed certificate: give it as RELAY_CA if that server is yours, else correct RELAY_HOST"
        case "unknown-ca", _:
            return "has a certificate of an unknown CA: give that CA as RELAY_CA, or correct RELAY_HOST"
    return f"failed {_WHEN[stage]} ({detail or problem}): the log of that server may say why"


def _refusal(upstream: Upstream, failure: Failure) -> str:
    code, reply = failure.code, failure.detail
    match failure.stage:
        case "auth" if code >= 500:
            return f"refused the login ({code}): {_login_fix(upstream, reply)}"
        case "mail" if refuses_sender(reply):
            where = (
                f"in region {region[1].lower()}" if (region := _REGION_IN_REPLY.search(reply)) else "there"
            )
            return (
                f"refuses the sender ({code}): verify its domain {where}; in the SES sandbox the recipient must be "
                "verified as well"
            )
        case _ if code == 530 and "STARTTLS" in reply.upper():
            return "wants STARTTLS (530): set RELAY_PROTO=smtp+tls"
        case _ if code == 530:
            return "wants a login (530): set RELAY_USER and RELAY_PASSWORD"
        case "auth" if code == 454:
            return "cannot check the login now (454): the relay tries again by itself"
        case _ if code < 500:
            return f"refuses for now {_WHEN[failure.stage]} ({reply}): the relay tries again by itself"
        case "greeting":
            return f"refuses this client ({reply}): have its operator allow the address that the relay sends from"
        case "ehlo":
            return f"refuses the relay's name ({reply}): set OPENSMTPD_HOSTNAME to a full name"
    return f"refused {_WHEN[failure.stage]} ({reply}): the log of that server may say why"


def _login_fix(upstream: Upstream, reply: str) -> str:
    region = _SES_HOST.search(upstream.host)
    if region or _SES_LOGIN_REFUSED in reply:
        where = f"region {region[1]}" if region else "its region"
        return (
            f"the password is not the one for {where}, or the key was deleted; make a new key (keyGeneration + 1), "
            "or correct RELAY_USER and RELAY_PASSWORD"
        )
    return "correct RELAY_USER and RELAY_PASSWORD"

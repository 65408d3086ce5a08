"""The SMTP endpoint of SES: who may log in, and what happens to a message.

Replies have SES's texts: https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-smtp.html#troubleshoot-smtp-response-codes
Unlike SES it leaves `Message-ID:` and `Date:` alone, and signs nothing.
"""

import asyncio
import contextlib
import hmac
import logging
import ssl

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from .account import Account, Login
from .admission import (
    Refused,
    Submission,
    addresses_in,
    check_allowed,
    check_form,
    check_mail_from,
    check_verified,
    display_names_in,
)
from .dispatch import Dispatch
from .identity import Identity
from .limits import InvalidLimits, Limits
from .mailbox import Mailbox
from .password import smtp_password
from .policy import Context, UnsupportedCondition, user_may

_log = logging.getLogger(__name__)
_AUTHENTICATED = "235 Authentication successful."
_WRONG_CREDENTIALS = "535 Authentication Credentials Invalid"
_PAUSED = (
    "554 Message rejected: Sending paused for this account. For more information, please check the inbox of the email "
    "address associated with your AWS account."
)
_TOO_LONG = "552 5.3.4 Message is too long."


class SmtpEndpoint:
    """Listens on `address`: on one port for STARTTLS, on another for implicit TLS."""

    def __init__(self, account: Account, mailbox: Mailbox, host: str, address: str, tls: ssl.SSLContext):
        self._decisions = _Decisions(account, mailbox, host)
        self._host = host
        self._address = address
        self._tls = tls

    async def start(self) -> tuple[int, int]:
        """Listen, and return the ports for STARTTLS and for implicit TLS."""
        loop = asyncio.get_running_loop()
        starttls = await loop.create_server(lambda: self._protocol(tls_context=self._tls), self._address, 0)
        implicit = await loop.create_server(self._protocol, self._address, 0, ssl=self._tls)
        return starttls.sockets[0].getsockname()[1], implicit.sockets[0].getsockname()[1]

    def _protocol(self, tls_context: ssl.SSLContext | None = None) -> "_SesProtocol":
        return _SesProtocol(
            self._decisions,
            hostname=self._host,
            ident="ESMTP SimpleEmailService-local",
            tls_context=tls_context,
            require_starttls=True,
            # Where STARTTLS is required AUTH cannot come before it, and the other port has TLS from the start.
            auth_require_tls=False,
            authenticator=self._decisions.authenticate,
        )


class _SesProtocol(SMTP):
    """aiosmtpd's, with SES's words."""

    AuthLoginUsernameChallenge = "Username:"
    AuthLoginPasswordChallenge = "Password:"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        with contextlib.suppress(InvalidLimits):
            if self.event_handler.account.region in self.event_handler.account.limits().unreachable_regions:
                transport.abort()
                return
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        # One that was closed before it began has nothing to end.
        if self.transport is not None:
            super().connection_lost(error)

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802
        # Wrong limits refuse the message, with the reason: a client that cannot say hello would report something else.
        with contextlib.suppress(InvalidLimits):
            self.data_size_limit = self.event_handler.account.limits().max_message_size
        await super().smtp_EHLO(hostname)

    async def check_auth_needed(self, caller_method: str) -> bool:
        if self.session.authenticated:
            return False
        await self.push("530 Authentication required")
        return True

    async def push(self, status: str | bytes) -> None:
        await super().push(_TOO_LONG if isinstance(status, str) and status.startswith("552") else status)


class _Decisions:
    """What aiosmtpd asks at each step."""

    def __init__(self, account: Account, mailbox: Mailbox, host: str):
        self.account = account
        self._dispatch = Dispatch(account, mailbox, host)

    def authenticate(
        self, _: SMTP, session: Session, __: Envelope, mechanism: str, credentials: LoginPassword
    ) -> AuthResult:
        key_id = credentials.login.decode(errors="replace")
        login = self.account.login(key_id)
        expected = smtp_password(login.secret_access_key, self.account.region).encode() if login else b""
        if login is None or not hmac.compare_digest(credentials.password, expected):
            _log.warning("refused the login of %s from %s", key_id, session.peer[0])
            return AuthResult(success=False, handled=False, message=_WRONG_CREDENTIALS)
        return AuthResult(success=True, message=_AUTHENTICATED, auth_data=login)

    async def handle_EHLO(  # noqa: N802
        self, _: SMTP, session: Session, __: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250 Ok"]

    async def handle_MAIL(  # noqa: N802
        self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        # Also the empty one, `<>`: SES takes no bounces.
        if "@" not in address:
            return "501 Invalid MAIL FROM address provided"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 Ok"

    async def handle_RCPT(  # noqa: N802
        self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "@" not in address:
            return "501 Invalid RCPT TO address provided"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 Ok"

    async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        submission = Submission(envelope.mail_from, tuple(envelope.rcpt_tos), envelope.original_content)
        try:
            message_id = self._accept(submission, session)
        except Refused as refusal:
            _log.warning("refused a message of %s: %s", submission.sender, refusal)
            return str(refusal)
        _log.info("accepted message %s of %s", message_id, submission.sender)
        return f"250 Ok {message_id}"

    async def handle_exception(self, error: Exception) -> str:
        _log.error("cannot decide", exc_info=error)
        reason = f": {error}" if isinstance(error, InvalidLimits | UnsupportedCondition) else ""
        return f"451 Temporary service failure{reason}"

    def _accept(self, submission: Submission, session: Session) -> str:
        limits = self.account.limits()
        if not self.account.sending_enabled:
            raise Refused(_PAUSED)
        check_form(submission, limits)
        identities = check_verified(submission, limits, self.account.region, self._verified_identity)
        login: Login = session.auth_data
        resources = [self.account.arn(f"identity/{identity.email_identity}") for identity in identities]
        name = submission.headers["X-SES-CONFIGURATION-SET"] or identities[0].configuration_set_name
        if name:
            if not self.account.has_configuration_set(name):
                raise Refused(f"554 Transaction failed: Configuration set <{name}> does not exist.")
            if not self.account.configuration_sets()[name].sends:
                raise Refused(f"554 Message rejected: Sending is disabled for configuration set <{name}>.")
            resources.append(self.account.arn(f"configuration-set/{name}"))
        self._check_sending(resources, login, _context(submission, login, session, limits))
        check_mail_from(identities[0], self.account.verification.mail_from_status)
        if reply := self.account.throttle.refusal(limits):
            raise Refused(reply)
        self.account.throttle.record(len(submission.recipients))
        client = f"{session.host_name} ([{session.peer[0]}])"
        return self._dispatch.send(submission, client, identities[0], name, limits)

    def _check_sending(self, resources: list[str], login: Login, context: Context) -> None:
        own, boundary = self.account.policies_of(login.user), self.account.boundary_of(login.user)

        def allowed(action: str, resource: str) -> bool:
            of_resource = self.account.identity_policies(resource)
            return user_may(login.user.arn, own, boundary, of_resource, action, resource, context)

        check_allowed(login.user.arn, resources, allowed)

    def _verified_identity(self, address: str) -> Identity | None:
        identities = self.account.identities_of(address)
        return next(filter(self.account.verification.verified, identities), None)


def _context(submission: Submission, login: Login, session: Session, limits: Limits) -> Context:
    """What the message says to the conditions of a policy.

    https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html#iam-and-ses-examples-email-sending-actions
    """
    client = session.peer[0]
    endpoint = limits.vpc_endpoints.get(client)
    return {
        "ses:fromaddress": addresses_in(submission.headers, "From"),
        "ses:fromdisplayname": display_names_in(submission.headers, "From"),
        "ses:feedbackaddress": [submission.sender],
        "ses:recipients": submission.recipients,
        "aws:sourceip": [client],
        "aws:sourcevpce": [endpoint] if endpoint else [],
        "aws:securetransport": ["true"],
        "aws:username": [login.user.name],
        "aws:principalarn": [login.user.arn],
    }

"""What the relay does beyond relaying, as it arrives: rewriting, staging, routes, submission, DKIM, direct delivery."""

import base64
import contextlib
import datetime
import email
import smtplib
import ssl
import uuid
from collections.abc import Iterator
from email.message import Message as Mail

import dkim
import dnslib
import dnslib.server
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.integration.relay_container import Relay, docker, random_loopback, relay_image, wait_for
from tests.integration.upstream import Message, Upstream

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("relay_image")]
__all__ = ["relay_image"]

LOGIN = ("apikey", "a password")
SUBMITTER = ("app", "correct horse")
SUBMITTERS = (
    "app:$6$auCEiy/VjN5F6EyI$"
    "hc.QaE3i6JKseIyav76cgwnUoVyLhVIZaCwqfWHMzjauya6Qai9CyxR3SLYGsgjmQYD28CcyeTT7QqqX5HviD."
)


def plain(upstream: Upstream, **others: str) -> dict[str, str]:
    return {"RELAY_PROTO": "smtp+notls", "RELAY_PORT": str(upstream.port), **others}


def send(relay: Relay, text: bytes, *recipients: str, sender: str = "app@example.com") -> None:
    with smtplib.SMTP(relay.address, 25, timeout=20) as client:
        client.sendmail(sender, recipients or ["someone@example.org"], text)


def received(upstream: Upstream) -> Message:
    wait_for(lambda: upstream.messages, 15, "message at the upstream")
    return upstream.messages[-1]


def parsed(message: Message) -> Mail:
    return email.message_from_bytes(message.content)


def test_the_sender_arrives_rewritten_in_the_envelope_and_in_the_header():
    with (
        Upstream() as upstream,
        Relay(
            plain(
                upstream,
                OPENSMTPD_ENVELOPE_SENDER="@bounces.example.com",
                OPENSMTPD_FROM_HEADER="news@example.com",
            )
        ) as relay,
    ):
        send(relay, b'From: "Joe, App" <joe@example.org>\r\nSubject: x\r\n\r\nBody\r\n')
        message = received(upstream)
        assert message.sender == "app@bounces.example.com"
        assert parsed(message)["From"] == '"Joe, App" <news@example.com>'
        assert parsed(message)["Reply-To"] == '"Joe, App" <joe@example.org>'


def test_a_body_passes_the_filter_octet_for_octet():
    body = (
        b"".join((b"..", b".", b"From: a@b.org", bytes(range(128, 256)), b"x" * 2000, b" ", b"\xff|\t\r|"))
        + b"\r\n"
    )
    with Upstream() as upstream, Relay(plain(upstream, OPENSMTPD_FROM_HEADER="@example.com")) as relay:
        send(relay, b"From: joe@localhost\r\n\r\n" + body)
        message = received(upstream)
        assert message.content.partition(b"\r\n\r\n")[2] == body
        assert b"\r\nFrom: joe@example.com\r\n" in message.content


def test_all_recipients_become_one_message_to_the_staging_mailbox():
    recipients = ("a@example.org", "b@example.org", "c@example.net")
    with (
        Upstream() as upstream,
        Relay(plain(upstream, OPENSMTPD_REDIRECT_RECIPIENTS="staging@example.com")) as relay,
    ):
        send(relay, b"From: app@example.com\r\nTo: a@example.org\r\n\r\nBody\r\n", *recipients)
        wait_for(lambda: relay.queued() == 0, 15, "empty queue")
        (message,) = upstream.messages
        assert message.recipients == ["staging@example.com"] * len(recipients)
        assert parsed(message).get_all("X-Original-To") == list(recipients)


def test_mail_of_the_container_itself_is_redirected_too():
    with (
        Upstream() as upstream,
        Relay(plain(upstream, OPENSMTPD_REDIRECT_RECIPIENTS="staging@example.com")) as relay,
    ):
        relay.execute("sendmail", "-f", "app@example.com", "real@example.org", text="Subject: x\n\nBody\n")
        assert received(upstream).recipients == ["staging@example.com"]


def test_only_listed_recipient_domains_pass():
    with (
        Upstream() as upstream,
        Relay(plain(upstream, OPENSMTPD_ALLOWED_RECIPIENT_DOMAINS="example.org")) as relay,
    ):
        relay.submit(recipient="someone@example.org")
        with pytest.raises(smtplib.SMTPRecipientsRefused, match="550"):
            relay.submit(recipient="someone@example.net")
        assert received(upstream).recipients == ["someone@example.org"]


def test_each_sender_domain_takes_its_route_and_login():
    others_login = ("other", "another password")
    with Upstream("starttls", LOGIN) as upstream, Upstream("tls", others_login) as others:
        environment = {
            "RELAY_PORT": str(upstream.port),
            "RELAY_USER": LOGIN[0],
            "RELAY_PASSWORD": LOGIN[1],
            "RELAY_CA": upstream.authority.pem,
            "RELAY_1_SENDER_DOMAINS": "example.org",
            "RELAY_1_HOST": "localhost",
            "RELAY_1_PORT": str(others.port),
            "RELAY_1_PROTO": "smtps",
            "RELAY_1_USER": others_login[0],
            "RELAY_1_PASSWORD": others_login[1],
            "RELAY_1_CA": others.authority.pem,
        }
        with Relay(environment) as relay:
            relay.submit(sender="app@example.com")
            relay.submit(sender="app@example.org")
            assert (received(upstream).sender, upstream.messages[0].login) == ("app@example.com", LOGIN[0])
            assert (received(others).sender, others.messages[0].login) == ("app@example.org", others_login[0])
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                relay.submit(sender="app@example.net")


def test_an_unverified_certificate_is_accepted_only_when_asked_for_and_with_a_warning():
    with Upstream("starttls", LOGIN) as upstream:
        environment = {
            "RELAY_PORT": str(upstream.port),
            "RELAY_USER": LOGIN[0],
            "RELAY_PASSWORD": LOGIN[1],
            "RELAY_INSECURE_SKIP_VERIFY": "yes",
        }
        with Relay(environment) as relay:
            relay.submit()
            assert received(upstream).login == LOGIN[0]
            assert "RELAY_INSECURE_SKIP_VERIFY" in relay.logs()


Signing = tuple[Relay, Upstream, dict[bytes, bytes]]


@pytest.fixture(scope="module")
def signing(relay_image: str) -> Iterator[Signing]:
    """A relay that signs, its upstream, and what stands in DNS for the verification."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    published = {b"s1._domainkey.example.com.": b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)}
    dkim_settings = {
        "OPENSMTPD_DKIM_DOMAIN": "example.com",
        "OPENSMTPD_DKIM_SELECTOR": "s1",
        "OPENSMTPD_DKIM_KEY": private,
        "OPENSMTPD_FROM_HEADER": "@example.com",
    }
    with Upstream() as upstream, Relay(plain(upstream, **dkim_settings)) as relay:
        yield relay, upstream, published


def test_a_signature_verifies_with_the_published_key_and_covers_the_rewritten_sender(signing: Signing):
    relay, upstream, published = signing
    send(relay, b"From: joe@localhost\r\nTo: a@b.org\r\nSubject: x\r\n\r\nBody\r\n")
    message = received(upstream)
    assert parsed(message)["From"] == "joe@example.com"
    assert dkim.verify(message.content, dnsfunc=lambda name, timeout: published[name])
    tampered = message.content.replace(b"joe@example.com", b"eve@example.com")
    assert not dkim.verify(tampered, dnsfunc=lambda name, timeout: published[name])


def test_a_line_that_would_end_the_signer_is_refused_and_the_next_message_passes(signing: Signing):
    relay, upstream, published = signing
    with pytest.raises(smtplib.SMTPDataError, match="Line too long"):
        send(relay, b"From: joe@localhost\r\n\r\n" + b"x" * 65500 + b"\r\n")
    upstream.messages.clear()
    send(relay, b"From: joe@localhost\r\n\r\n" + b"x" * 65000 + b"\r\n")
    assert dkim.verify(received(upstream).content, dnsfunc=lambda name, timeout: published[name])


def self_signed() -> tuple[str, str]:
    """A certificate for localhost and its key, as PEM texts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return certificate.public_bytes(Encoding.PEM).decode(), private.decode()


class Submission:
    """A relay with a submission port, and what its clients know."""

    def __init__(self, relay: Relay, upstream: Upstream, certificate: str):
        self.relay = relay
        self.upstream = upstream
        self._certificate = certificate

    @contextlib.contextmanager
    def client(self, *, encrypted: bool = True) -> Iterator[smtplib.SMTP]:
        """A session from an address that may not relay without a login."""
        source = (random_loopback(), 0)
        with smtplib.SMTP(self.relay.address, 587, timeout=20, source_address=source) as client:
            client.ehlo()
            if encrypted:
                context = ssl.create_default_context(cadata=self._certificate)
                client._host = "localhost"  # the name that the certificate has
                client.starttls(context=context)
                client.ehlo()
            yield client


@pytest.fixture(scope="module")
def submission(relay_image: str) -> Iterator[Submission]:
    certificate, key = self_signed()
    with Upstream() as upstream:
        environment = plain(
            upstream,
            OPENSMTPD_ALLOWED_NETWORKS="127.0.0.1/32",
            OPENSMTPD_SUBMISSION_CERTIFICATE=certificate,
            OPENSMTPD_SUBMISSION_KEY=key,
            OPENSMTPD_SUBMISSION_LOGINS=SUBMITTERS,
        )
        with Relay(environment) as relay:
            yield Submission(relay, upstream, certificate)


def test_a_client_with_a_login_may_send_from_any_network(submission: Submission):
    with submission.client() as client:
        client.login(*SUBMITTER)
        client.sendmail("app@example.com", "someone@example.org", b"Subject: submitted\r\n\r\nBody\r\n")
    assert parsed(received(submission.upstream))["Subject"] == "submitted"


def test_a_login_may_send_for_the_allowed_domains_only(submission: Submission):
    with submission.client() as client:
        client.login(*SUBMITTER)
        with pytest.raises(smtplib.SMTPRecipientsRefused, match="550"):
            client.sendmail("app@example.net", "someone@example.org", b"Subject: x\r\n\r\nBody\r\n")


@pytest.mark.parametrize("login", [(SUBMITTER[0], "wrong"), ("stranger", SUBMITTER[1])])
def test_a_wrong_login_is_refused(submission: Submission, login: tuple[str, str]):
    with submission.client() as client, pytest.raises(smtplib.SMTPAuthenticationError, match="535"):
        client.login(*login)


def test_a_user_name_cannot_forge_a_line_of_the_log(submission: Submission):
    forged = "0000000000000000 mta error reason=AUTH rejected: 535 forged"
    login = f"\0forger result=ok\n{forged}\n\0password"
    with submission.client() as client:
        assert client.docmd("AUTH PLAIN", base64.b64encode(login.encode()).decode())[0] == 535
    wait_for(lambda: "user=forger" in submission.relay.logs(), 15, "attempt in the log")
    lines = submission.relay.logs().splitlines()
    assert sum("forged" in line for line in lines) == 1
    assert not any(line.startswith(forged) for line in lines)


def test_nobody_submits_without_a_login(submission: Submission):
    with submission.client() as client, pytest.raises(smtplib.SMTPSenderRefused, match="530"):
        client.sendmail("app@example.com", "someone@example.org", b"Subject: x\r\n\r\nBody\r\n")


def test_no_login_is_offered_or_taken_in_plain_text(submission: Submission):
    with submission.client(encrypted=False) as client:
        assert not client.has_extn("auth")
        assert client.docmd("AUTH PLAIN " + base64.b64encode(b"\0app\0correct horse").decode())[0] == 503


def test_nobody_submits_in_plain_text(submission: Submission):
    with (
        submission.client(encrypted=False) as client,
        pytest.raises(smtplib.SMTPSenderRefused, match="STARTTLS"),
    ):
        client.sendmail("app@example.com", "someone@example.org", b"Subject: x\r\n\r\nBody\r\n")


def test_port_25_offers_no_login(submission: Submission):
    with smtplib.SMTP(submission.relay.address, 25, timeout=20) as client:
        client.ehlo()
        assert not client.has_extn("auth")


@pytest.fixture
def network() -> Iterator[tuple[str, str]]:
    """A Docker network of the test's own, and the address of this machine on it."""
    name = f"relay-test-{uuid.uuid4().hex[:12]}"
    docker("network", "create", name)
    try:
        yield (
            name,
            docker("network", "inspect", "--format={{(index .IPAM.Config 0).Gateway}}", name).stdout.strip(),
        )
    finally:
        docker("network", "rm", name)


def test_direct_delivery_goes_to_the_mail_exchanger_of_the_recipients_domain(network: tuple[str, str]):
    name, here = network
    zone = dnslib.server.DNSServer(
        _Zone({("example.org.", "MX"): "10 mx.example.org.", ("mx.example.org.", "A"): here}),
        address=here,
        port=53,
    )
    exchanger = Upstream(address=here)
    exchanger.port = 25
    zone.start_thread()
    try:
        with (
            exchanger,
            Relay({"RELAY_HOST": "", "RELAY_PROTO": "direct"}, f"--dns={here}", network=name) as relay,
        ):
            relay.submit(recipient="someone@example.org")
            assert received(exchanger).recipients == ["someone@example.org"]
    finally:
        zone.stop()
        zone.server.server_close()


class _Zone(dnslib.server.BaseResolver):
    """Answers with `records`, by name and type; nothing else exists."""

    def __init__(self, records: dict[tuple[str, str], str]):
        self._records = records

    def resolve(self, request: dnslib.DNSRecord, handler: dnslib.server.DNSHandler) -> dnslib.DNSRecord:
        reply = request.reply()
        kind = dnslib.QTYPE[request.q.qtype]
        if record := self._records.get((str(request.q.qname), kind)):
            reply.add_answer(*dnslib.RR.fromZone(f"{request.q.qname} 60 IN {kind} {record}"))
        else:
            reply.header.rcode = dnslib.RCODE.NXDOMAIN
        return reply

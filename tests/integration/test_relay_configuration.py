"""OpenSMTPD itself accepts what is rendered for it: `smtpd -n` of the image reads every case, in one container."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from components.image.relay.files import CONF_FILE, files
from components.image.relay.settings import Dkim, Route, Settings, Submission, Upstream
from tests.integration.relay_container import IMAGE, LOCKED_DOWN, docker, relay_image
from tests.unit.certificates import CERTIFICATE, RSA_KEY

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("relay_image")]
__all__ = ["relay_image"]

DIRECTORY = "/run/cases"

LOGIN = {"user": "name", "password": 'a pass:word # " \\ $'}
# Read by `smtpd -n`, unlike the one for DKIM.
KEY = ec.generate_private_key(ec.SECP256R1())
KEY_PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
SUBMISSION = Submission(CERTIFICATE, KEY_PEM, "app:$6$salt$" + "x" * 86)
DKIM = Dkim("example.com", "mail.2026", RSA_KEY)
ROUTES = (
    Route(1, ("example.net", "*.example.net"), Upstream("one", **LOGIN, ca=CERTIFICATE)),
    Route(2, ("example.org",), Upstream(proto="direct")),
    Route(9, ("example.info",), Upstream("nine", proto="smtp+notls")),
)


def case(
    upstream: Upstream | None = None, *, ipv4_only: bool = False, **others: Any
) -> tuple[Settings, bool]:
    given = {
        "allowed_sender_domains": "example.com",
        "allowed_networks": "127.0.0.0/8",
        "hostname": "relay.example.com",
    }
    return Settings(upstream or Upstream("smtp.example.com"), **(given | others)), ipv4_only


CASES = {
    "least": case(),
    "login": case(Upstream("smtp.example.com", **LOGIN), ipv4_only=True),
    "CA": case(Upstream("smtp.example.com", proto="smtps", user="token", ca=CERTIFICATE)),
    "plain text": case(Upstream("mail_pit.svc", 1025, "smtp+notls"), bind_addr6="none", ipv4_only=True),
    "IPv6": case(Upstream("2001:db8::1", 25, "smtp"), bind_addr4="none", bind_addr6="::1", ipv4_only=True),
    "IPv4": case(Upstream("192.0.2.1"), allowed_sender_domains="*", hostname="relay_1"),
    "any certificate": case(Upstream("smtp.example.com", **LOGIN, insecure_skip_verify=True)),
    "direct": case(Upstream(proto="direct"), ipv4_only=True),
    "fallback": case(Upstream("one"), fallback=Upstream("two", **LOGIN)),
    "fallback with CAs": case(Upstream("one", ca=CERTIFICATE), fallback=Upstream("two", ca=CERTIFICATE)),
    "routes": case(routes=ROUTES),
    "submission": case(submission=SUBMISSION, bind_addr4="127.0.0.1", bind_addr6="none"),
    "redirection": case(redirect_recipients="!#$%&'*+-/=?^_`{}~@example.com"),
    "recipient domains": case(allowed_recipient_domains="example.com, *.example.net"),
    "envelope sender": case(envelope_sender="!#$%&'*+-/=?^_`{}~@example.com"),
    "envelope sender's domain": case(routes=ROUTES, envelope_sender="@example.com"),
    "From header": case(from_header="@example.com"),
    "DKIM": case(dkim=DKIM),
    "longest DKIM names": case(dkim=Dkim(f"{'d.' * 100}example.com", "s" * 63, RSA_KEY)),
    "all together": case(
        Upstream("one", ca=CERTIFICATE),
        fallback=Upstream("two", **LOGIN, ca=CERTIFICATE),
        routes=ROUTES,
        submission=SUBMISSION,
        allowed_recipient_domains="example.com",
        envelope_sender="app@example.com",
        from_header="app@example.com",
        dkim=DKIM,
    ),
    "long host": case(Upstream("h" * 63), allowed_sender_domains="*.example.com, xn--bcher-kva.example"),
    "networks": case(allowed_networks="10.0.0.0/8, fc00::/7, 192.0.2.1/32, ::1/128"),
    "many networks": case(allowed_networks=[f"10.{n}.0.0/16" for n in range(256)]),
    "many domains": case(allowed_sender_domains=[f"d{n}.example.com" for n in range(1000)]),
    "longest times": case(expire="2147483647s", bounce_warn="1s, 1m, 1h, 24855d"),
    "least size": case(max_message_size="1"),
    "greatest size": case(max_message_size="9G", bounce_warn="1h"),
}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory, relay_image: str) -> dict[str, list[str]]:
    """What `smtpd -n` says about each case."""
    cases = tmp_path_factory.mktemp("cases")
    for number, (settings, ipv4_only) in enumerate(CASES.values()):
        directory = cases / str(number)
        directory.mkdir()
        for file in files(settings, f"{DIRECTORY}/{number}", ipv4_only=ipv4_only):
            Path(directory, file.name).write_text(file.text)
            Path(directory, file.name).chmod(file.mode)
    script = f"for case in {DIRECTORY}/*; do echo $case; smtpd -n -f $case/{CONF_FILE} 2>&1; done"
    options = ("--rm", *LOCKED_DOWN, f"--volume={cases}:{DIRECTORY}:ro", "--entrypoint=sh")
    said: dict[str, list[str]] = {}
    for line in docker("run", *options, IMAGE, "-c", script).stdout.splitlines():
        if line.startswith(f"{DIRECTORY}/"):
            verdict = said[line.removeprefix(f"{DIRECTORY}/")] = []
        else:
            verdict.append(line)
    return {name: said[str(number)] for number, name in enumerate(CASES)}


@pytest.mark.parametrize("name", CASES)
def test_opensmtpd_accepts_the_configuration(name: str, verdicts: dict[str, list[str]]):
    assert verdicts[name] == ["configuration OK"]

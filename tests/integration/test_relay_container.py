"""The relay container against real SMTP servers. Every container here runs as locked down as it is deployed."""

import smtplib
import time
import uuid
from collections.abc import Callable, Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.integration.relay_container import (
    CAPABILITIES,
    IMAGE,
    LOCKED_DOWN,
    Relay,
    docker,
    message,
    random_loopback,
    relay_image,
    wait_for,
)
from tests.integration.upstream import Authority, Upstream
from tests.unit.certificates import CERTIFICATE

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("relay_image")]
__all__ = ["relay_image"]

LOGIN = ("apikey", 'a pass:word with # " \\ $ and ü')


def environment(
    upstream: Upstream, proto: str, login: tuple[str, str] | None = None, **others: str
) -> dict[str, str]:
    values = {"RELAY_PORT": str(upstream.port), "RELAY_PROTO": proto, **others}
    if proto in ("smtp+tls", "smtps"):
        values["RELAY_CA"] = upstream.authority.pem
    if login:
        values["RELAY_USER"], values["RELAY_PASSWORD"] = login
    return values


def run(*arguments: str, **variables: str) -> tuple[int, str]:
    """Run a container to its end; returns its status and what it wrote."""
    given = [f"--env={name}={value}" for name, value in variables.items()]
    done = docker("run", "--rm", *LOCKED_DOWN, *given, *arguments, IMAGE, check=False)
    return done.returncode, done.stdout


# Docker lets everybody have ports below 1024.
@pytest.mark.parametrize("capability", [one for one in CAPABILITIES if one != "NET_BIND_SERVICE"])
def test_it_ends_at_once_without_any_one_of_its_capabilities(capability: str):
    name = f"relay-test-{uuid.uuid4().hex[:12]}"
    others = [option for option in LOCKED_DOWN if option != f"--cap-add={capability}"]
    given = ["--env=RELAY_HOST=localhost", "--env=OPENSMTPD_ALLOWED_SENDER_DOMAINS=example.com"]
    docker("run", "--detach", f"--name={name}", *others, *given, IMAGE)
    try:
        state = ("inspect", "--format={{.State.Status}} {{.State.ExitCode}}", name)
        wait_for(lambda: docker(*state).stdout.startswith("exited "), 20, f"end without {capability}")
        assert docker(*state).stdout.split() != ["exited", "0"]
    finally:
        docker("rm", "--force", "--volumes", name)


def test_a_message_goes_through_a_server_without_authentication():
    with Upstream() as upstream, Relay(environment(upstream, "smtp+notls")) as relay:
        relay.submit()
        wait_for(lambda: upstream.messages, 15, "message at the upstream")
        (received,) = upstream.messages
        assert (received.sender, received.recipients) == ("app@example.com", ["someone@example.org"])
        assert received.content.endswith(b"\r\n\r\nBody 0\r\n")


def test_a_message_goes_through_starttls_with_a_verified_certificate_and_a_login():
    with (
        Upstream("starttls", LOGIN) as upstream,
        Relay(environment(upstream, "smtp+tls", LOGIN)) as relay,
    ):
        relay.submit()
        wait_for(lambda: upstream.messages, 15, "message at the upstream")
        assert (upstream.messages[0].login, upstream.messages[0].encrypted) == (LOGIN[0], True)
        assert 'cert-check result="valid"' in relay.logs()


def test_a_message_goes_through_implicit_tls():
    with Upstream("tls", LOGIN) as upstream, Relay(environment(upstream, "smtps", LOGIN)) as relay:
        relay.submit()
        wait_for(lambda: upstream.messages, 15, "message at the upstream")
        assert upstream.messages[0].login == LOGIN[0]


def test_opportunistic_tls_falls_back_to_plain_text():
    with Upstream() as upstream, Relay(environment(upstream, "smtp")) as relay:
        relay.submit()
        wait_for(lambda: upstream.messages, 15, "message at the upstream")
        assert not upstream.messages[0].encrypted


def test_a_user_without_a_password_logs_in_with_the_user_as_both():
    with (
        Upstream("starttls", ("token", "token")) as upstream,
        Relay(environment(upstream, "smtp+tls", ("token", ""))) as relay,
    ):
        relay.submit()
        wait_for(lambda: upstream.messages, 15, "message at the upstream")


@pytest.mark.parametrize("octets", [(255, 1024), (1, 1)], ids=["longest", "shortest"])
def test_a_login_of_any_allowed_length_arrives(octets: tuple[int, int]):
    login = ("u" * octets[0], "p" * octets[1])
    with Upstream("starttls", login) as upstream, Relay(environment(upstream, "smtp+tls", login)) as relay:
        relay.submit()
        wait_for(lambda: upstream.messages, 15, "message at the upstream")


@pytest.mark.parametrize("variable", ["RELAY_USER", "RELAY_PASSWORD"])
def test_a_login_may_come_from_files(variable: str, tmp_path):
    path = tmp_path / "secret"
    with Upstream("starttls", LOGIN) as upstream:
        values = environment(upstream, "smtp+tls", LOGIN)
        path.write_text(values.pop(variable) + "\n")
        values[f"{variable}_FILE"] = "/secret"
        with Relay(values, f"--volume={path}:/secret:ro") as relay:
            relay.submit()
            wait_for(lambda: upstream.messages, 15, "message at the upstream")


def test_nothing_is_delivered_to_a_server_whose_certificate_another_ca_signed():
    with Upstream("starttls", LOGIN) as upstream:
        values = environment(upstream, "smtp+tls", LOGIN, RELAY_CA=Authority().pem)
        with Relay(values | {"RELAY_CA": Authority().pem}) as relay:
            relay.submit()
            wait_for(lambda: "certificate verification failed" in relay.logs(), 15, "refusal in the log")
            assert upstream.messages == []
            assert upstream.refused_logins == []
            assert relay.queued() == 1


def test_nothing_is_delivered_to_a_server_with_another_name():
    with Upstream("starttls", LOGIN) as upstream:
        # Its certificate is for localhost.
        values = environment(upstream, "smtp+tls", LOGIN) | {"RELAY_HOST": "127.0.0.1"}
        with Relay(values) as relay:
            relay.submit()
            wait_for(lambda: "not present in server certificate" in relay.logs(), 15, "refusal in the log")
            assert upstream.messages == []


def test_messages_in_the_queue_survive_a_kill_while_the_upstream_is_unreachable():
    upstream = Upstream()
    with Relay(environment(upstream, "smtp+notls")) as relay:
        relay.submit(50)
        wait_for(lambda: relay.queued() == 50, 10, "full queue")
        relay.kill()
        relay.start()
        wait_for(lambda: relay.queued() == 50, 10, "full queue after the kill")
        with upstream:
            relay.retry()
            wait_for(lambda: len(upstream.messages) >= 50, 60, f"50 messages, only {len(upstream.messages)}")
        bodies = {received.content.rpartition(b"\r\n\r\n")[2] for received in upstream.messages}
        assert bodies == {f"Body {number}\r\n".encode() for number in range(50)}


def test_what_a_kill_leaves_half_received_is_removed_at_the_next_start():
    with Relay({"RELAY_PROTO": "smtp+notls", "RELAY_PORT": "9"}) as relay:
        with smtplib.SMTP(relay.address, 25, timeout=20) as client:
            client.ehlo()
            client.mail("app@example.com")
            client.rcpt("someone@example.org")
            client.docmd("DATA")
            client.send(message() + "x\r\n" * 50_000)
            wait_for(lambda: _spool_files(relay), 10, "half a message in the spool")
            relay.kill()
            client.close()
        relay.start()
        wait_for(lambda: not _spool_files(relay), 10, "empty spool")


def _spool_files(relay: Relay) -> list[str]:
    as_queue_user = ("setpriv", "--reuid=opensmtpq", "--regid=opensmtpq", "--clear-groups")
    program = (
        "import os\nfor name in ('incoming', 'temporary', 'purge'):\n"
        "    for _, _, files in os.walk(f'/var/spool/smtpd/{name}', onerror=print): print(*files)"
    )
    done = relay.execute(*as_queue_user, "python3", "-c", program)
    assert done.returncode == 0, done.stdout
    return done.stdout.split()


def test_a_client_outside_the_allowed_networks_is_refused():
    with Relay({"OPENSMTPD_ALLOWED_NETWORKS": "127.0.0.1/32"}) as relay:
        relay.submit(source="127.0.0.1")
        with pytest.raises(smtplib.SMTPRecipientsRefused, match="550"):
            relay.submit(source="127.0.0.2")


@pytest.fixture
def other_network() -> Iterator[str]:
    """The address of this machine on a Docker network that no relay is attached to."""
    name = f"relay-test-{uuid.uuid4().hex[:12]}"
    # Otherwise Docker lets this address pass for one of the relay's own network.
    docker("network", "create", "--opt=com.docker.network.bridge.enable_ip_masquerade=false", name)
    try:
        yield docker("network", "inspect", "--format={{(index .IPAM.Config 0).Gateway}}", name).stdout.strip()
    finally:
        docker("network", "rm", name)


def test_a_client_on_another_network_is_refused_by_default(other_network: str):
    with Relay({}, network="bridge") as relay:
        relay.submit()
        with pytest.raises(smtplib.SMTPRecipientsRefused, match="550"):
            relay.submit(source=other_network)


@pytest.mark.parametrize(
    "sender", ["app@example.org", "app@sub.example.com", "app@notexample.com", "app@examplexcom", ""]
)
def test_a_sender_outside_the_allowed_domains_is_refused(sender: str):
    with Relay({}) as relay, pytest.raises(smtplib.SMTPRecipientsRefused, match="550"):
        relay.submit(sender=sender)


@pytest.mark.parametrize("sender", ["app@sub.example.com", "app@a.b.example.com", "App@SUB.Example.Com"])
def test_a_wildcard_allows_sub_domains_at_any_depth(sender: str):
    with Relay({"OPENSMTPD_ALLOWED_SENDER_DOMAINS": "*.example.com"}) as relay:
        relay.submit(sender=sender)


def test_a_wildcard_does_not_allow_the_domain_itself():
    with (
        Relay({"OPENSMTPD_ALLOWED_SENDER_DOMAINS": "*.example.com"}) as relay,
        pytest.raises(smtplib.SMTPRecipientsRefused, match="550"),
    ):
        relay.submit(sender="app@example.com")


def test_any_sender_may_send_when_that_is_asked_for_by_name():
    with Relay({"OPENSMTPD_ALLOWED_SENDER_DOMAINS": "*"}) as relay:
        relay.submit(sender="app@wherever.example")


def test_sendmail_in_the_container_shows_the_dialogue_and_delivers():
    with Upstream() as upstream, Relay(environment(upstream, "smtp+notls")) as relay:
        done = relay.execute(
            "sendmail", "-v", "-f", "app@example.com", "to@example.org", text="Subject: Test\n\nHello\n"
        )
        assert done.returncode == 0, done.stdout
        assert "<<< 250 2.0.0" in done.stdout
        wait_for(lambda: upstream.messages, 15, "message at the upstream")
        assert upstream.messages[0].sender == "app@example.com"


def test_sendmail_in_the_container_is_refused_other_senders():
    with Relay({}) as relay:
        done = relay.execute(
            "sendmail", "-f", "app@example.org", "to@example.org", text="Subject: Test\n\nHello\n"
        )
        assert done.returncode != 0
        assert "550" in done.stdout


def test_a_bounce_leaves_through_the_relay_with_an_empty_sender():
    with Upstream() as upstream, Relay(environment(upstream, "smtp+notls")) as relay:
        upstream.refused_recipients.add("unknown@example.org")
        relay.submit(recipient="unknown@example.org")
        wait_for(lambda: upstream.messages, 20, "bounce at the upstream")
        assert (upstream.messages[0].sender, upstream.messages[0].recipients) == ("", ["app@example.com"])


def test_the_banner_and_ehlo_carry_the_host_name_that_is_set():
    with (
        Upstream() as upstream,
        Relay(environment(upstream, "smtp+notls", OPENSMTPD_HOSTNAME="relay.example.com")) as relay,
    ):
        with smtplib.SMTP(timeout=10) as client:
            assert client.connect(relay.address, 25)[1].startswith(b"relay.example.com ")
        relay.submit()
        wait_for(lambda: upstream.messages, 15, "message at the upstream")
        assert upstream.messages[0].client_name == "relay.example.com"
        assert b"by relay.example.com (OpenSMTPD)" in upstream.messages[0].content


def test_a_message_over_the_limit_is_refused():
    with Relay({"OPENSMTPD_MAX_MESSAGE_SIZE": "1K"}) as relay, smtplib.SMTP(relay.address, 25) as client:
        with pytest.raises(smtplib.SMTPResponseException) as refusal:
            client.sendmail("app@example.com", "to@example.org", message() + "x" * 2000)
        assert b"Message too big" in refusal.value.smtp_error


@pytest.fixture
def silent_resolver() -> Iterator[tuple[str, Callable[[], str]]]:
    """A DNS server that never answers: its address, and a function that returns what it was asked."""
    address = random_loopback()
    program = (
        "import socket; server = socket.socket(type=socket.SOCK_DGRAM); "
        f"server.bind(('{address}', 53)); print('ready', flush=True)\n"
        "while True: print(server.recv(512), flush=True)"
    )
    name = f"relay-test-{uuid.uuid4().hex[:12]}"
    docker(
        "run", "--detach", f"--name={name}", "--network=host", "--entrypoint=python3", IMAGE, "-c", program
    )
    try:
        yield address, lambda: docker("logs", name).stdout
    finally:
        docker("rm", "--force", "--volumes", name)


def test_a_name_in_the_hosts_file_needs_no_dns(silent_resolver):
    address, questions = silent_resolver
    wait_for(lambda: "ready" in questions(), 10, "resolver")
    with (
        Upstream() as upstream,
        Relay(
            environment(upstream, "smtp+notls", RELAY_HOST="upstream.example.com"),
            "--add-host=upstream.example.com:127.0.0.1",
            f"--dns={address}",
        ) as relay,
    ):
        relay.submit()
        wait_for(lambda: upstream.messages, 10, "message at the upstream")
        assert questions() == "ready\n"


def test_the_health_check_passes_and_leaves_nothing_in_the_log():
    with Upstream() as upstream, Relay(environment(upstream, "smtp+notls")) as relay:
        wait_for(lambda: "relay: ready" in relay.logs(), 15, "readiness in the log")
        before = relay.logs()
        done = relay.execute("python3", "-m", "relay.health")
        assert (done.returncode, done.stdout) == (0, "")
        time.sleep(0.5)
        assert relay.logs() == before


def test_the_health_check_fails_with_a_reason_while_the_relay_does_not_greet():
    with Relay({}) as relay:
        relay.execute("smtpctl", "pause", "smtp")
        done = relay.execute(
            "python3", "-c", "from relay import health; health.TIMEOUT_SECONDS = 1; exit(health.main())"
        )
        assert (done.returncode, done.stdout) == (1, "unhealthy: no answer within 1 s\n")


def test_the_engine_calls_the_container_healthy():
    with (
        Upstream() as upstream,
        Relay(environment(upstream, "smtp+notls"), "--health-interval=1s") as relay,
    ):
        state = "{{.State.Health.Status}}"
        wait_for(
            lambda: docker("inspect", f"--format={state}", relay.name).stdout == "healthy\n",
            15,
            "healthy container",
        )


def test_the_log_shows_a_client_that_does_more_than_greet():
    with Relay({}) as relay:
        relay.submit(source="127.0.0.1")
        wait_for(lambda: "smtp message" in relay.logs(), 5, "message in the log")
        assert "smtp connected address=127.0.0.1" in relay.logs()


@pytest.mark.parametrize("mode", ["0777", "2711", "0700"])
def test_the_queue_volume_gets_the_owner_and_mode_that_opensmtpd_demands(mode: str):
    with Relay({}) as relay:
        relay.stop()
        docker(
            "run", "--rm", f"--volume={relay.volume}:/spool", "--entrypoint=python3", IMAGE, "-c",
            f"import os; os.chown('/spool', 1000, 1000); os.chmod('/spool', 0o{mode})",
        )  # fmt: skip
        relay.start()
        program = "import os; s = os.stat('/var/spool/smtpd'); print(oct(s.st_mode), s.st_uid, s.st_gid)"
        assert relay.execute("python3", "-c", program).stdout == "0o40711 0 0\n"


def test_an_invalid_environment_ends_with_status_78_and_one_line():
    status, output = run(RELAY_HOST="smtp://smtp.example.com", OPENSMTPD_ALLOWED_SENDER_DOMAINS="example.com")
    assert status == 78
    assert output == (
        "relay: RELAY_HOST 'smtp://smtp.example.com' has a scheme in it: put that in RELAY_PROTO, and give the bare "
        "name here\n"
    )


def test_stopping_is_quick_and_clean():
    with Relay({}) as relay:
        start = time.monotonic()
        assert relay.stop() == 0
        assert time.monotonic() - start < 3


def test_the_login_is_in_no_environment_and_no_command_line_of_the_daemon():
    with Upstream("starttls", LOGIN) as upstream, Relay(environment(upstream, "smtp+tls", LOGIN)) as relay:
        script = (
            "for p in /proc/[0-9]*; do read -r name < $p/comm; test $name = smtpd && cat $p/environ $p/cmdline; done; "
            "cat /run/relay/smtpd.conf"
        )
        seen = relay.execute("sh", "-c", script).stdout
        assert "smtpd.conf" in seen
        assert LOGIN[1] not in seen
        assert LOGIN[1] not in relay.logs()


def test_a_certificate_with_the_key_of_another_is_refused_at_the_start():
    key = ec.generate_private_key(ec.SECP256R1())
    status, written = run(
        RELAY_HOST="smtp.example.com",
        OPENSMTPD_ALLOWED_SENDER_DOMAINS="example.com",
        OPENSMTPD_SUBMISSION_CERTIFICATE=CERTIFICATE,
        OPENSMTPD_SUBMISSION_KEY=key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ).decode(),
        OPENSMTPD_SUBMISSION_LOGINS="app:$6$salt$" + "x" * 86,
    )
    problem = "OPENSMTPD_SUBMISSION_KEY is not the key of OPENSMTPD_SUBMISSION_CERTIFICATE"
    assert status == 78
    assert written.startswith(f"relay: {problem}: ")
    assert written.count("\n") == 1

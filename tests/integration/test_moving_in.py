"""Mail that waits in the queue of another relay is not lost when this one takes its place (docs/guides/)."""

import contextlib
import smtplib
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.relay_container import Relay, docker, message, random_loopback, relay_image, wait_for
from tests.integration.upstream import Stage, Upstream

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("relay_image")]
__all__ = ["relay_image"]

BENCH = Path(__file__).parents[2] / "bench"

# As wodby/opensmtpd renders it for a server without a login. Its users have other ids than Debian's.
WODBYS = """
listen on {address}
action default relay host "smtp+notls://localhost:{port}"
match from any for any action default
"""
WODBYS_QUEUE_USER = 101


def image(name: str) -> str:
    """The image of bench/<name>, built."""
    return docker("build", "--quiet", "--network=host", str(BENCH / name)).stdout.split()[-1]


@contextlib.contextmanager
def other_relay(*arguments: str) -> Iterator[str]:
    """A relay of somebody else's, on the host's network; its container's name."""
    name = f"other-relay-test-{uuid.uuid4().hex[:12]}"
    try:
        docker("run", "--detach", f"--name={name}", "--network=host", *arguments)
        yield name
    finally:
        docker("rm", "--force", "--volumes", name, check=False)


def submit(address: str, count: int) -> None:
    def is_taken() -> bool:
        try:
            with smtplib.SMTP(address, 25, timeout=5) as client:
                for number in range(count):
                    client.sendmail("app@example.com", "someone@example.org", message(number))
        except OSError:
            return False
        return True

    wait_for(is_taken, 30, f"relay at {address}")


def plain(upstream: Upstream) -> dict[str, str]:
    return {"RELAY_HOST": "localhost", "RELAY_PROTO": "smtp+notls", "RELAY_PORT": str(upstream.port)}


def test_a_queue_of_wodbys_image_leaves_with_the_same_environment_and_volume():
    address = random_loopback()
    with Upstream() as upstream, contextlib.ExitStack() as undo:
        relay = Relay(plain(upstream))
        undo.push(relay)
        upstream.misbehave(Stage.RCPT, "451 Later")
        script = f"cat > /etc/smtpd.conf <<'EOF'{WODBYS.format(address=address, port=upstream.port)}EOF\nexec smtpd -d"
        volume = f"--volume={relay.volume}:/var/spool/smtpd"
        opensmtpd = image("opensmtpd")
        with other_relay(
            volume, "--entrypoint=sh", opensmtpd, "-c", f"chmod 711 /var/spool/smtpd; {script}"
        ) as wodbys:
            submit(address, 3)
            wait_for(
                lambda: docker("logs", wodbys).stdout.count('result="TempFail"') >= 3, 20, "failed tries"
            )
        give = f"chown -R {WODBYS_QUEUE_USER} /var/spool/smtpd/queue"
        docker("run", "--rm", volume, "--entrypoint=sh", opensmtpd, "-c", give)

        upstream.behave()
        undo.enter_context(relay)
        relay.retry()
        wait_for(lambda: len(upstream.messages) == 3, 20, "3 messages at the upstream")


def test_a_queue_of_postfix_leaves_when_this_relay_is_made_its_relayhost():
    address = random_loopback()
    named = {"OPENSMTPD_HOSTNAME": "relay.example.com"}
    with Upstream() as silent, Upstream() as upstream, Relay(plain(upstream) | named) as relay:
        silent.misbehave(Stage.RCPT, "451 Later")
        settings = [f"--env=ADDRESS={address}", f"--env=UPSTREAM_PORT={silent.port}"]
        with other_relay(*settings, image("postfix")) as postfix:
            submit(address, 3)
            wait_for(lambda: docker("logs", postfix).stdout.count("status=deferred") >= 3, 20, "failed tries")
            docker("exec", postfix, "postconf", f"relayhost = [{relay.address}]:25")
            docker("exec", postfix, "postfix", "reload")
            docker("exec", postfix, "postqueue", "-f")
            wait_for(lambda: len(upstream.messages) == 3, 20, "3 messages at the upstream")

"""Mail that waits in the queue of another relay is not lost when this one takes its place (docs/guides/)."""

import contextlib
import re
import smtplib
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.contract.pages import BLOCKS
from tests.integration.relay_container import Relay, docker, message, random_loopback, relay_image, wait_for
from tests.integration.upstream import Stage, Upstream

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("relay_image")]
__all__ = ["relay_image"]

BENCH = Path(__file__).parents[2] / "bench"

# As wodby/opensmtpd renders its environment for a server without a login. Its users have other ids than Debian's.
WODBYS = """
cat > /etc/smtpd.conf <<END
listen on $OPENSMTPD_BIND_ADDR4
action default relay host "$RELAY_PROTO://$RELAY_HOST:$RELAY_PORT"
match from any for any action default
END
chmod 711 /var/spool/smtpd
exec smtpd -d
"""
WODBYS_QUEUE_USER = 101

ADDED, COPY = (block.code for block in BLOCKS if block.page.name == "wodby.md")


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


@contextlib.contextmanager
def mail_at_wodbys(environment: Mapping[str, str], volume: str) -> Iterator[str]:
    """The old image's container with three messages, which it could not get rid of, in the volume."""
    opensmtpd = image("opensmtpd")
    variables = [f"--env={name}={value}" for name, value in environment.items()]
    mounted = [f"--volume={volume}:/var/spool/smtpd", "--entrypoint=sh", opensmtpd, "-c"]
    with other_relay(*variables, *mounted, WODBYS) as wodbys:
        submit(environment["OPENSMTPD_BIND_ADDR4"], 3)
        wait_for(lambda: docker("logs", wodbys).stdout.count('result="TempFail"') >= 3, 20, "failed tries")
        docker("stop", wodbys)
        docker("run", "--rm", *mounted, f"chown -R {WODBYS_QUEUE_USER} /var/spool/smtpd/queue")
        yield wodbys


def relay_instead(upstream: Upstream) -> tuple[dict[str, str], Relay]:
    """The old image's environment, and the relay with that and with what the guide adds to it."""
    added = dict(line.split()[0].split("=") for line in ADDED.splitlines())
    relay = Relay(plain(upstream) | added, "--health-interval=1s")
    return plain(upstream) | {"OPENSMTPD_BIND_ADDR4": relay.address}, relay


def deliver_what_waits(upstream: Upstream, relay: Relay) -> None:
    upstream.behave()
    relay.retry()
    wait_for(lambda: len(upstream.messages) == 3, 20, "3 messages at the upstream")


def test_a_queue_of_wodbys_image_leaves_with_the_environment_of_the_guide_and_the_same_volume():
    with Upstream() as upstream, contextlib.ExitStack() as undo:
        environment, relay = relay_instead(upstream)
        undo.push(relay)
        upstream.misbehave(Stage.RCPT, "451 Later")
        with mail_at_wodbys(environment, relay.volume):
            pass
        with relay:
            status = ("inspect", "--format", "{{.State.Health.Status}}", relay.name)
            wait_for(lambda: docker(*status).stdout.strip() == "healthy", 20, "healthy relay")
            deliver_what_waits(upstream, relay)
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                relay.submit()  # from 127.0.0.1, which the guide's networks leave out


def test_a_queue_of_wodbys_image_is_copied_into_the_volume_of_a_relay_that_has_one():
    with Upstream() as upstream, contextlib.ExitStack() as undo:
        environment, relay = relay_instead(upstream)
        old_volume = f"{relay.volume}-old"
        undo.callback(docker, "volume", "rm", old_volume, check=False)
        upstream.misbehave(Stage.RCPT, "451 Later")
        wodbys = undo.enter_context(mail_at_wodbys(environment, old_volume))
        undo.enter_context(relay)
        names = {"OLD_CONTAINER": wodbys, "NEW_CONTAINER": relay.name}
        names |= {"OLD_VOLUME": old_volume, "NEW_VOLUME": relay.volume}
        by_hand = re.sub("|".join(names), lambda found: names[found[0]], COPY)
        done = subprocess.run(["bash", "-e", "-c", by_hand], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        relay.wait_until_up()
        deliver_what_waits(upstream, relay)


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

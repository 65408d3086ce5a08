"""Changed credentials files in a running relay: no restart, and no mail lost."""

import os
import shutil
from pathlib import Path

import pytest

from tests.integration.relay_container import Relay, relay_image, wait_for
from tests.integration.upstream import Authority, Upstream

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("relay_image")]
__all__ = ["relay_image"]

OLD, NEW = ("user", "the old password"), ("user", "the new password")


def environment(upstream: Upstream) -> dict[str, str]:
    return {
        "RELAY_PROTO": "smtp+tls",
        "RELAY_PORT": str(upstream.port),
        "RELAY_CA_FILE": "/secret/ca",
        "RELAY_USER": OLD[0],
        "RELAY_PASSWORD_FILE": "/secret/password",
    }


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A directory of secrets as Kubernetes mounts it: each file a link through `..data`, which updates exchange."""
    (tmp_path / "..data").symlink_to("..0")
    for name in ("password", "ca"):
        (tmp_path / name).symlink_to(f"..data/{name}")
    return tmp_path


def put(secret: Path, version: int, **contents: str) -> None:
    """Exchange all contents at once, as Kubernetes does."""
    directory = secret / f"..{version}"
    directory.mkdir()
    for name, content in contents.items():
        (directory / name).write_text(content)
    link = secret / "..new"
    link.symlink_to(directory.name)
    os.replace(link, secret / "..data")
    for old in secret.glob("..[0-9]*"):
        if old != directory:
            shutil.rmtree(old)


def test_a_changed_password_is_used_for_what_waits_without_a_restart(secret: Path):
    with Upstream("starttls", OLD) as upstream:
        put(secret, 0, password=OLD[1], ca=upstream.authority.pem)
        with Relay(environment(upstream), f"--volume={secret}:/secret:ro") as relay:
            relay.submit()
            wait_for(lambda: len(upstream.messages) == 1, 20, "message with the old password")
            upstream.login = NEW
            relay.submit()
            wait_for(lambda: "refused the login" in relay.logs(), 20, "refused login in the log")
            put(secret, 1, password=NEW[1], ca=upstream.authority.pem)
            wait_for(lambda: "a changed login is in use now" in relay.logs(), 20, "change in the log")
            wait_for(lambda: len(upstream.messages) == 2, 40, "message with the new password")
            wait_for(lambda: relay.execute("python3", "-m", "relay.health").returncode == 0, 30, "readiness")
            assert NEW[1] not in relay.logs()


def test_a_password_that_cannot_be_used_leaves_the_old_one_in_use(secret: Path):
    with Upstream("starttls", OLD) as upstream:
        put(secret, 0, password=OLD[1], ca=upstream.authority.pem)
        with Relay(environment(upstream), f"--volume={secret}:/secret:ro") as relay:
            put(secret, 1, password="two\nlines", ca=upstream.authority.pem)
            wait_for(lambda: "the old content stays in use" in relay.logs(), 20, "refusal in the log")
            assert "RELAY_PASSWORD_FILE" in relay.logs()
            relay.submit()
            wait_for(lambda: upstream.messages, 20, "message with the old password")


def test_a_changed_ca_is_named_as_waiting_for_a_restart(secret: Path):
    with Upstream("starttls", OLD) as upstream:
        put(secret, 0, password=OLD[1], ca=upstream.authority.pem)
        with Relay(environment(upstream), f"--volume={secret}:/secret:ro") as relay:
            put(secret, 1, password=OLD[1], ca=Authority().pem)
            wait_for(lambda: "restart the relay to use it" in relay.logs(), 20, "line in the log")
            relay.submit()
            wait_for(lambda: upstream.messages, 20, "message, verified by the old CA")

"""The real relay in a real container, as locked down as it is deployed."""

import contextlib
import os
import random
import smtplib
import subprocess
import time
import uuid
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

IMAGE_CONTEXT = Path(__file__).parents[2] / "components" / "image"
# Each checkout has its own, so that tests of several may run on one engine.
IMAGE = f"opensmtpd-relay:test-{zlib.crc32(bytes(IMAGE_CONTEXT)):08x}"

CAPABILITIES = ("SETUID", "SETGID", "SYS_CHROOT", "CHOWN", "FOWNER", "NET_BIND_SERVICE")
LOCKED_DOWN = [
    "--read-only",
    "--tmpfs=/run",
    "--tmpfs=/tmp",
    "--cap-drop=ALL",
    *(f"--cap-add={capability}" for capability in CAPABILITIES),
    "--security-opt=no-new-privileges",
    "--memory=64m",
    "--memory-swap=64m",
]


def docker(*arguments: str, text: str | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the docker CLI; standard error comes with standard output."""
    done = subprocess.run(
        ["docker", *arguments],
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=600,
        # The classic builder is the one that every engine has, and the one that the Docker provider uses.
        env=os.environ | {"DOCKER_BUILDKIT": "0"},
    )
    if check and done.returncode:
        pytest.fail(f"docker {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}")
    return done


def wait_for(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Wait until `condition()` holds; fail the test after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"no {what} within {seconds:g} s")
        time.sleep(0.05)


def random_loopback() -> str:
    """An address of 127.0.0.0/8, where everything is this machine: servers of many tests can share one port."""
    return f"127.{random.randint(1, 254)}.{random.randint(0, 255)}.{random.randint(1, 254)}"


def message(number: int = 0) -> str:
    """A small message that tells its number."""
    return f"From: app@example.com\r\nTo: someone@example.org\r\nSubject: Message {number}\r\n\r\nBody {number}\r\n"


class Relay:
    """A relay in a container, on the host's network and an address of its own. `with relay:` it runs.

    Its queue lies in a volume that goes with it. `environment` adds to a minimal one. On another `network` it has the
    address that Docker gives it.
    """

    def __init__(self, environment: Mapping[str, str], *options: str, network: str = "host"):
        self.network = network
        self.address = random_loopback() if network == "host" else ""
        self.name = f"relay-test-{uuid.uuid4().hex[:12]}"
        self.volume = f"{self.name}-queue"
        self.environment = {
            "RELAY_HOST": "localhost",
            "OPENSMTPD_ALLOWED_SENDER_DOMAINS": "example.com",
            **(
                {"OPENSMTPD_BIND_ADDR4": self.address, "OPENSMTPD_BIND_ADDR6": "none"} if self.address else {}
            ),
            **environment,
        }
        self._options = options

    def __enter__(self) -> "Relay":
        with contextlib.ExitStack() as undo:
            undo.push(self)
            docker("volume", "create", self.volume)
            self.create()
            self.start()
            undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        docker("rm", "--force", "--volumes", self.name, check=False)
        docker("volume", "rm", self.volume, check=False)

    def create(self) -> None:
        """Make the container, without starting it."""
        docker(
            "create",
            f"--name={self.name}",
            f"--network={self.network}",
            *LOCKED_DOWN,
            *(f"--env={name}={value}" for name, value in self.environment.items()),
            f"--volume={self.volume}:/var/spool/smtpd",
            *self._options,
            IMAGE,
        )

    def wait_until_up(self) -> None:
        """Wait for the greeting."""

        def greets() -> bool:
            try:
                with smtplib.SMTP(self.address, 25, timeout=5):
                    return True
            except OSError:
                return False

        wait_for(greets, 20, f"greeting from {self.name}")

    def submit(
        self,
        count: int = 1,
        sender: str = "app@example.com",
        recipient: str = "someone@example.org",
        source: str = "",
    ) -> None:
        """Submit messages in one session from the address `source`. Raises what smtplib raises."""
        with smtplib.SMTP(self.address, 25, timeout=20, source_address=(source, 0)) as client:
            for number in range(count):
                client.sendmail(sender, recipient, message(number))

    def execute(self, *command: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command in the container, as `docker exec -i` does."""
        return docker("exec", "-i", self.name, *command, text=text, check=False)

    def logs(self) -> str:
        """All that the container has written."""
        return docker("logs", self.name).stdout

    def queued(self) -> int:
        """How many envelopes wait in the queue."""
        return len(self.execute("smtpctl", "show", "queue").stdout.splitlines())

    def retry(self) -> None:
        """Have the relay try everything at once, rather than after its growing delays."""
        routes = self.execute("smtpctl", "show", "routes").stdout
        for route in (line.split(".")[0] for line in routes.splitlines()):
            self.execute("smtpctl", "resume", "route", route)
        self.execute("smtpctl", "schedule", "all")

    def kill(self) -> None:
        """End it without a warning."""
        docker("kill", "--signal=KILL", self.name)

    def stop(self, seconds: int = 10) -> int:
        """End it as `docker stop` does, which kills it after `seconds`; returns its exit status."""
        docker("stop", f"--time={seconds}", self.name)
        return self.wait()

    def wait(self) -> int:
        """Wait for its end; returns its exit status."""
        return int(docker("wait", self.name).stdout)

    def signal(self, command: str, signal: str, user: str = "root") -> None:
        """Send a signal to the process of `user` in it whose command line begins with `command`."""
        program = (
            "import glob, os, signal, sys\n"
            "for path in glob.glob('/proc/[0-9]*/cmdline'):\n"
            "    if open(path).read().replace('\\0', ' ').startswith(sys.argv[1]):\n"
            "        print('found', flush=True)\n"
            "        os.kill(int(path.split('/')[2]), signal.Signals[f'SIG{sys.argv[2]}'])\n"
            "        break"
        )
        # Without KILL, root may signal its own processes only. The container may end before this program does.
        done = docker(
            "exec", f"--user={user}", self.name, "python3", "-I", "-c", program, command, signal, check=False
        )
        assert done.stdout.strip() == "found", done.stdout

    def start(self) -> None:
        """Start it, for the first time or again."""
        docker("start", self.name)
        if self.network != "host":
            address = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
            self.address = docker("inspect", f"--format={address}", self.name).stdout.strip()
        self.wait_until_up()


@pytest.fixture(scope="session")
def relay_image() -> Iterator[str]:
    """The relay's image, built from this checkout."""
    docker("build", "--quiet", "--network=host", f"--tag={IMAGE}", str(IMAGE_CONTEXT))
    return IMAGE

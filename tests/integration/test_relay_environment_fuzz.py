"""Whatever the environment holds, the real container starts with a whole and closed configuration, or ends with 78."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis.strategies import SearchStrategy

from components.image.relay.environment import InvalidEnvironment, read
from components.image.relay.files import CONF_FILE, files
from components.image.relay.invalid_setting import InvalidSetting
from components.image.relay.key_pair import check_key_pair
from components.image.relay.settings import Settings
from tests.integration.relay_container import IMAGE, LOCKED_DOWN, docker, relay_image
from tests.relay_environments import CANARY, Environment, environments, likely_environments

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("relay_image")]
__all__ = ["relay_image"]

# One container runs them all: it reads the cases and answers with a list of their results.
_CHECK = """\
import json, os, subprocess, sys
verdicts = []
for number in range(len(os.listdir("/run/cases"))):
    command = ["smtpd", "-n", "-f", f"/run/cases/{number}/smtpd.conf"]
    verdicts.append(subprocess.run(command, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True).stdout)
json.dump(verdicts, sys.stdout)
"""
_START = """\
import json, os, signal, subprocess, sys
results = []
for number, environ in enumerate(json.load(sys.stdin)):
    command, environ = ["python3", "-I", "-m", "relay"], {"PATH": os.defpath, **environ}
    relay = subprocess.Popen(command, env=environ, stderr=subprocess.PIPE)
    output = b""
    for line in relay.stderr:
        output += line
        if b"OpenSMTPD" in line and b"starting" in line:
            relay.send_signal(signal.SIGTERM)
            break
    output += relay.stderr.read()
    status, left = relay.wait(), {}
    # Only now: until its end the relay writes how it is.
    for name in os.listdir("/run/relay") if os.path.isdir("/run/relay") else []:
        with open(f"/run/relay/{name}", errors="surrogateescape") as file:
            left[name] = file.read()
    for name in left:
        os.unlink(f"/run/relay/{name}")
    if os.path.isdir("/run/relay"):
        os.rmdir("/run/relay")
    results.append({"status": status, "output": output.decode(errors="replace"), "files": left})
json.dump(results, sys.stdout)
"""


@dataclass(frozen=True)
class Start:
    """One start of the container's entry point."""

    environment: Environment
    settings: Settings | None
    """What our own check makes of the environment; None when it refuses it."""
    status: int
    output: str
    files: dict[str, str]
    """What lay in the run directory."""


def sample(strategy: SearchStrategy[Environment], count: int) -> list[Environment]:
    """The same environments at each call."""
    drawn: list[Environment] = []

    @settings(max_examples=count, derandomize=True, database=None, deadline=None, phases=[Phase.generate])
    @given(strategy)
    def draw(environment: Environment) -> None:
        drawn.append(environment)

    draw()
    return drawn


def accepted(environment: Environment, directory: Path) -> Settings | None:
    directory.mkdir(exist_ok=True)
    try:
        made = read(environment.written(directory))
        if made.submission:
            check_key_pair(made.submission.certificate, made.submission.key)
    except (InvalidEnvironment, InvalidSetting):
        return None
    return made


def test_opensmtpd_accepts_what_the_environment_check_accepts(tmp_path: Path):
    made = [accepted(environment, tmp_path / "files") for environment in sample(likely_environments(), 800)]
    unique = list(dict.fromkeys(filter(None, made)))
    cases = tmp_path / "cases"
    for number, relay in enumerate(unique):
        directory = cases / str(number)
        directory.mkdir(parents=True)
        for file in files(relay, f"/run/cases/{number}"):
            (directory / file.name).write_text(file.text, errors="surrogateescape")
            (directory / file.name).chmod(file.mode)
    options = ("--rm", *LOCKED_DOWN, f"--volume={cases}:/run/cases:ro", "--entrypoint=python3")
    verdicts = json.loads(docker("run", *options, IMAGE, "-c", _CHECK).stdout)
    assert len(verdicts) > 200
    for relay, verdict in zip(unique, verdicts, strict=True):
        assert verdict == "configuration OK\n", relay


@pytest.fixture(scope="module")
def starts(tmp_path_factory: pytest.TempPathFactory, relay_image: str) -> list[Start]:
    """What happens with some environments, most of which make no relay."""
    drawn = [*sample(environments(), 100), *sample(likely_environments(), 20)]
    root = tmp_path_factory.mktemp("files")
    made = [accepted(environment, root / str(number)) for number, environment in enumerate(drawn)]
    environs = [environment.written(root / str(number)) for number, environment in enumerate(drawn)]
    options = (
        "--rm",
        "-i",
        *LOCKED_DOWN,
        "--network=none",
        f"--volume={root}:{root}:ro",
        "--entrypoint=python3",
    )
    results = json.loads(docker("run", *options, IMAGE, "-c", _START, text=json.dumps(environs)).stdout)
    return [
        Start(environment, relay, **result)
        for environment, relay, result in zip(drawn, made, results, strict=True)
    ]


def test_the_sample_has_both(starts: list[Start]):
    assert sum(start.settings is None for start in starts) > 10
    assert sum(start.settings is not None for start in starts) > 10


def test_what_makes_no_relay_ends_with_78_and_one_line_and_leaves_no_file(starts: list[Start]):
    for start in starts:
        if start.settings is None:
            assert (start.status, start.output.count("\n"), start.files) == (78, 1, {}), start


def test_what_makes_a_relay_starts_with_all_that_was_rendered(starts: list[Start]):
    for start in starts:
        if start.settings is not None:
            # 143: SIGTERM came before OpenSMTPD was ready for it.
            assert start.status in (0, 143), start
            rendered = {file.name: file.text for file in files(start.settings, "/run/relay")}
            conf = start.files[CONF_FILE].replace("mta limit inet4\n", "")
            assert rendered.items() <= {**start.files, CONF_FILE: conf}.items()
            assert not any(name.endswith(".new") for name in start.files)


def test_no_output_has_a_secret(starts: list[Start]):
    assert not [start.output for start in starts if CANARY in start.output]

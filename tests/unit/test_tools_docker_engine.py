"""Where a Docker engine may be."""

import os
import shutil
from pathlib import Path

import pytest

from local.tools import apt, docker_engine
from local.tools.failure import Failure
from local.tools.progress import Progress

pytestmark = pytest.mark.unit


def test_docker_host_alone_decides() -> None:
    environment = {"DOCKER_HOST": "unix:///elsewhere.sock", "XDG_RUNTIME_DIR": "/run/user/1000"}
    assert docker_engine.candidates(environment, "unix:///context.sock") == ["unix:///elsewhere.sock"]


def test_the_context_comes_before_the_usual_sockets_and_each_once() -> None:
    found = docker_engine.candidates({"XDG_RUNTIME_DIR": "/run/user/1000"}, "unix:///var/run/docker.sock")
    assert found == [
        "unix:///var/run/docker.sock",
        f"unix://{Path.home()}/.docker/run/docker.sock",
        "unix:///run/user/1000/docker.sock",
    ]


def test_docker_takes_the_first_address_of_a_network() -> None:
    assert docker_engine.first_address("172.17.0.0/16") == "172.17.0.1"


def test_a_number_that_another_program_has_taken_is_not_the_engine(tmp_path: Path) -> None:
    name = Path("/proc/self/comm").read_text().strip()
    assert docker_engine.runs(f"{os.getpid()}\n", name)
    assert not docker_engine.runs(f"{os.getpid()}\n", "dockerd")
    assert not docker_engine.runs("", "dockerd")


@pytest.mark.parametrize(
    ("os_release", "debian"),
    [
        ({"ID": "debian"}, True),
        ({"ID": "ubuntu", "ID_LIKE": "debian"}, True),
        ({"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}, True),
        ({"ID": "fedora"}, False),
        ({}, False),
    ],
)
def test_debian_and_its_relatives_are_known(os_release: dict[str, str], debian: bool) -> None:
    assert apt.is_debian(os_release) is debian


@pytest.mark.parametrize(
    ("user", "debian", "installed"), [(0, True, ["docker.io"]), (0, False, []), (1000, True, [])]
)
def test_root_on_debian_gets_an_engine_and_nobody_else(
    user: int, debian: bool, installed: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    packages: list[str] = []
    programs = {"docker": "/usr/bin/docker"}

    def install(package: str) -> None:
        packages.append(package)
        programs["dockerd"] = "/usr/sbin/dockerd"

    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(shutil, "which", programs.get)
    monkeypatch.setattr(apt, "may_install", lambda: debian)
    monkeypatch.setattr(apt, "install", install)
    monkeypatch.setattr(docker_engine, "_DEFAULT_SOCKET", tmp_path / "docker.sock")
    monkeypatch.setattr(docker_engine, "running", lambda: "unix:///started.sock" if packages else None)
    if installed:
        assert docker_engine.ensure(Progress()) == "unix:///started.sock"
    else:
        with pytest.raises(Failure, match="install one, or run this as root on Debian"):
            docker_engine.ensure(Progress())
    assert packages == installed


def test_the_mirror_is_that_of_this_machine_and_not_of_other_packages() -> None:
    targets = [
        "Node Source https://nodesource.test/node_20.x/",
        "Debian-Security http://mirror.test/debian-security/",
        "Debian http://mirror.test/debian/",
    ]
    assert apt.mirror_among(targets) == "http://mirror.test/debian"


def test_a_mirror_of_another_distribution_is_none() -> None:
    assert apt.mirror_among(["Ubuntu http://mirror.test/ubuntu/"]) is None

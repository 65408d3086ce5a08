"""Where the Pulumi CLI comes from."""

import tarfile
from pathlib import Path

import pytest

from local.tools import cache, download, go_toolchain, pulumi_cli
from local.tools.failure import Failure
from local.tools.progress import Progress

pytestmark = pytest.mark.unit


@pytest.fixture
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without Pulumi and with an empty cache; returns the cache."""
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return cache.directory()


@pytest.mark.parametrize(
    ("printed", "has_language_host", "usable"),
    [
        (f"v{pulumi_cli.VERSION}", True, True),
        ("v4.0.0", True, True),
        ("v3.258.9", True, False),
        (f"v{pulumi_cli.VERSION}", False, False),
        ("", True, False),
        ("not found", True, False),
    ],
)
def test_only_a_recent_cli_with_its_language_host_is_used(
    printed: str, has_language_host: bool, usable: bool
) -> None:
    assert pulumi_cli.is_usable(printed, has_language_host) is usable


@pytest.mark.parametrize(
    ("system", "machine", "end"),
    [
        ("Linux", "x86_64", "linux-x64.tar.gz"),
        ("Linux", "aarch64", "linux-arm64.tar.gz"),
        ("Darwin", "arm64", "darwin-arm64.tar.gz"),
    ],
)
def test_the_download_is_that_of_the_platform(system: str, machine: str, end: str) -> None:
    url = pulumi_cli.archive_url(system, machine)
    assert url == f"https://get.pulumi.com/releases/sdk/pulumi-v{pulumi_cli.VERSION}-{end}"


def test_a_platform_without_a_cli_is_named() -> None:
    with pytest.raises(Failure, match="Linux on riscv64"):
        pulumi_cli.archive_url("Linux", "riscv64")


def test_the_official_download_is_unpacked_with_run_bits(
    nothing_installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = _archive(tmp_path, "pulumi", "pulumi-language-python", "pulumi-language-python-exec")
    monkeypatch.setattr(download, "reachable", lambda site: True)
    monkeypatch.setattr(pulumi_cli, "archive_url", lambda system, machine: archive.as_uri())
    directory = pulumi_cli.ensure(Progress())
    assert directory == nothing_installed / f"pulumi-{pulumi_cli.VERSION}"
    modes = {path.name: path.stat().st_mode & 0o777 for path in directory.iterdir()}
    assert modes == {"pulumi": 0o755, "pulumi-language-python": 0o755, "pulumi-language-python-exec": 0o755}


def test_without_the_download_it_is_built_and_the_reason_is_said(
    nothing_installed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(download, "reachable", lambda site: False)
    monkeypatch.setattr(go_toolchain, "ensure", lambda progress: Path("/go"))
    monkeypatch.setattr(pulumi_cli, "_build", lambda go, target: (target / "pulumi").write_text(str(go)))
    directory = pulumi_cli.ensure(Progress())
    assert (directory / "pulumi").read_text() == "/go"
    assert "https://get.pulumi.com cannot be had: building" in capsys.readouterr().err


def test_a_download_that_breaks_off_is_followed_by_the_build(
    nothing_installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(_archive(tmp_path, "pulumi").read_bytes()[:40])
    monkeypatch.setattr(download, "reachable", lambda site: True)
    monkeypatch.setattr(pulumi_cli, "archive_url", lambda system, machine: broken.as_uri())
    monkeypatch.setattr(go_toolchain, "ensure", lambda progress: Path("/go"))
    monkeypatch.setattr(pulumi_cli, "_build", lambda go, target: (target / "built").touch())
    assert [path.name for path in pulumi_cli.ensure(Progress()).iterdir()] == ["built"]


@pytest.mark.parametrize(
    ("printed", "enough"), [("go version go1.26.8 linux/amd64", True), ("go1.20.1", False), ("", False)]
)
def test_only_a_go_that_fetches_newer_ones_is_used(printed: str, enough: bool) -> None:
    assert go_toolchain.is_new_enough(printed) is enough


def _archive(directory: Path, *programs: str) -> Path:
    archive = directory / "pulumi.tar.gz"
    (directory / "program").write_text("#!/bin/sh\n" * 100)
    with tarfile.open(archive, "w:gz") as tar:
        for program in programs:
            tar.add(directory / "program", f"pulumi/{program}")
    return archive

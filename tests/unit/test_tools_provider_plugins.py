"""Which provider plugins need a stand-in."""

from pathlib import Path

import pytest

from local.tools import cache, command, download, kubernetes_plugin, provider_plugins
from local.tools.progress import Progress

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home of Pulumi."""
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi"))
    monkeypatch.setenv("PATH", "/nonexistent")
    return tmp_path / "pulumi"


def _install(home: Path, name: str) -> None:
    (home / "plugins" / f"resource-{name}-v{provider_plugins.version(name)}").mkdir(parents=True)


def _stand_ins(tmp_path: Path) -> list[str]:
    provider_plugins.ensure(Progress(), tmp_path, tmp_path / "stand-ins", ["aws", "docker"])
    return sorted(path.name for path in (tmp_path / "stand-ins").iterdir() if path.exists())


def test_plugins_that_cannot_be_had_get_stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "reachable", lambda site: False)
    assert _stand_ins(tmp_path) == ["pulumi-resource-aws", "pulumi-resource-docker"]


def test_an_installed_plugin_wins_over_its_stand_in(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "reachable", lambda site: False)
    _install(home, "aws")
    assert _stand_ins(tmp_path) == ["pulumi-resource-docker"]


def test_a_plugin_on_path_wins_over_its_stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "reachable", lambda site: False)
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "pulumi-resource-docker").touch(0o755)
    assert _stand_ins(tmp_path) == ["pulumi-resource-aws"]


def test_a_stand_in_on_path_is_not_taken_for_the_plugin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "reachable", lambda site: False)
    _stand_ins(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "stand-ins"))
    provider_plugins.ensure(Progress(), tmp_path, tmp_path / "others", ["aws", "docker"])
    assert len(list((tmp_path / "others").iterdir())) == 2


def test_a_half_installed_plugin_does_not_count(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "reachable", lambda site: False)
    _install(home, "aws")
    (home / "plugins" / f"resource-aws-v{provider_plugins.version('aws')}.partial").touch()
    assert "pulumi-resource-aws" in _stand_ins(tmp_path)


def test_plugins_that_can_be_had_are_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(download, "reachable", lambda site: True)
    monkeypatch.setattr(command, "run", lambda line, log: calls.append(line[1:]))
    assert _stand_ins(tmp_path) == []
    assert ["plugin", "install", "resource", "aws", provider_plugins.version("aws")] in calls


def test_a_plugin_whose_installation_fails_gets_a_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pulumi").write_text("#!/bin/sh\necho error: 404 Not Found; exit 1\n")
    (tmp_path / "pulumi").chmod(0o755)
    monkeypatch.setenv("PATH", "/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(download, "reachable", lambda site: True)
    assert _stand_ins(tmp_path) == ["pulumi-resource-aws", "pulumi-resource-docker"]
    assert "(error: 404 Not Found)" in capsys.readouterr().err


@pytest.fixture
def kubernetes_from_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that cannot download plugins and whose cache has the one for Kubernetes; returns its program."""
    monkeypatch.setattr(download, "reachable", lambda site: False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    name = f"{kubernetes_plugin.PROGRAM}-{kubernetes_plugin.VERSION}"
    program = cache.directory() / name / kubernetes_plugin.PROGRAM
    program.parent.mkdir(parents=True)
    program.touch(0o755)
    return program


def _of_kubernetes(tmp_path: Path) -> Path:
    provider_plugins.ensure(Progress(), tmp_path, tmp_path / "plugins", ["kubernetes"])
    return tmp_path / "plugins" / "pulumi-resource-kubernetes"


def test_the_kubernetes_plugin_is_built_from_source_and_not_stood_in_for(
    kubernetes_from_source: Path, tmp_path: Path
) -> None:
    assert _of_kubernetes(tmp_path).readlink() == kubernetes_from_source


def test_an_installed_kubernetes_plugin_wins_over_the_one_from_source(
    kubernetes_from_source: Path, home: Path, tmp_path: Path
) -> None:
    _of_kubernetes(tmp_path)
    _install(home, "kubernetes")
    assert not _of_kubernetes(tmp_path).is_symlink()


def test_a_kubernetes_plugin_of_another_version_is_replaced(
    kubernetes_from_source: Path, tmp_path: Path
) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "pulumi-resource-kubernetes").symlink_to(tmp_path / "older")
    assert _of_kubernetes(tmp_path).readlink() == kubernetes_from_source

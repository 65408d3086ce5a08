"""Where the relay writes what only root may write."""

import stat

import pytest

from components.image.relay import run_directory

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("found", "left"), [(0o777, 0o1777), (0o1777, 0o1777), (0o755, 0o755)])
def test_nobody_can_put_another_directory_in_its_place(tmp_path, monkeypatch, found, left):
    monkeypatch.setattr(run_directory, "_SHARED", (tmp_path,))
    monkeypatch.setattr(run_directory, "RUN_DIRECTORY", str(tmp_path / "relay"))
    tmp_path.chmod(found)
    run_directory.make()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == left
    assert (tmp_path / "relay").is_dir()

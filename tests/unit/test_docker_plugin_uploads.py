"""Files that the stand-in Docker provider puts into a container."""

import io
import tarfile
from pathlib import Path

import pytest

from local.plugins.docker.uploads import archive
from local.plugins.errors import OperationError

pytestmark = pytest.mark.unit


def _unpacked(packed: bytes) -> tuple[tarfile.TarInfo, bytes]:
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        member = tar.next()
        return member, tar.extractfile(member).read()


def test_text_is_uploaded_as_utf_8() -> None:
    assert _unpacked(archive({"file": "/a", "content": "Grüße"}))[1] == "Grüße".encode()


def test_base64_is_uploaded_as_the_bytes_it_stands_for() -> None:
    assert _unpacked(archive({"file": "/a", "contentBase64": "AP8="}))[1] == b"\x00\xff"


def test_a_source_is_uploaded_as_the_bytes_of_the_file(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"\x00\xfe")
    assert _unpacked(archive({"file": "/a", "source": str(source)}))[1] == b"\x00\xfe"


@pytest.mark.parametrize(
    ("upload", "mode"),
    [
        ({}, 0o644),
        ({"executable": True}, 0o744),
        ({"permissions": "0600"}, 0o600),
        ({"permissions": "0600", "executable": True}, 0o600),
    ],
)
def test_the_mode_is_that_of_the_real_provider(upload: dict[str, object], mode: int) -> None:
    assert _unpacked(archive({"file": "/a", "content": "x", **upload}))[0].mode == mode


def test_a_file_belongs_to_root() -> None:
    member, _ = _unpacked(archive({"file": "/etc/a", "content": "x"}))
    assert (member.name, member.uid, member.gid) == ("etc/a", 0, 0)


def test_an_upload_without_content_is_refused() -> None:
    with pytest.raises(OperationError, match="one of 'content', 'content_base64', or 'source' must be set"):
        archive({"file": "/a"})


def test_an_upload_with_two_contents_is_refused() -> None:
    with pytest.raises(
        OperationError, match="only one of 'content', 'content_base64', or 'source' can be set"
    ):
        archive({"file": "/a", "content": "x", "contentBase64": "AP8="})


def test_a_source_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OperationError, match=r"could not read file: .*missing"):
        archive({"file": "/a", "source": str(tmp_path / "missing")})

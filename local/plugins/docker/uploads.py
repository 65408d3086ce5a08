"""Files that are put into a container before it starts."""

import base64
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.plugins.errors import OperationError

_CONTENTS = ("content", "contentBase64", "source")


def archive(upload: Mapping[str, Any]) -> bytes:
    """A tar archive with the one file, owned by root, to be unpacked at `/`.

    Raises OperationError unless the upload names exactly one source that can be read.
    """
    given = [name for name in _CONTENTS if upload.get(name)]
    if len(given) != 1:
        problem = "only one of {} can be set" if given else "one of {} must be set"
        names = "'content', 'content_base64', or 'source'"
        raise OperationError(f"error with upload content: {problem.format(names)}")
    content = _content(upload)
    member = tarfile.TarInfo(upload["file"].lstrip("/"))
    member.size = len(content)
    member.mode = _mode(upload)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def base64_problem(text: str) -> str | None:
    """Why the text is refused, or None. Does not repeat the text, which may be secret."""
    try:
        base64.b64decode(text, validate=True)
    except ValueError as error:
        return f"the value is not base64 decodeable: {error}"
    return None


def _content(upload: Mapping[str, Any]) -> bytes:
    if upload.get("content"):
        return upload["content"].encode()
    if upload.get("contentBase64"):
        return base64.b64decode(upload["contentBase64"])
    try:
        return Path(upload["source"]).read_bytes()
    except OSError as error:
        raise OperationError(f"could not read file: {error}") from error


def _mode(upload: Mapping[str, Any]) -> int:
    if upload.get("permissions"):
        return int(upload["permissions"], 8)
    return 0o744 if upload.get("executable") else 0o644

"""`make image`: the relay's image for a release, from a base that is named by its digest, with its labels filled in."""

import subprocess
import sys
from datetime import UTC, datetime

import docker
from docker.errors import DockerException

from local.tools import base_image, docker_engine
from local.tools.failure import Failure
from local.tools.progress import Progress
from local.workspace import CHECKOUT


def main() -> int:
    """Build the image and print its tag; returns the exit status."""
    progress = Progress()
    try:
        engine = docker.DockerClient(base_url=docker_engine.ensure(progress))
        base_image.ensure(progress, engine)
        found = engine.images.get(base_image.IMAGE)
        base = pinned(found.attrs["RepoDigests"], found.id)
        revision = _git("rev-parse", "HEAD")
        tag = f"opensmtpd-relay:{revision[:12]}"
        with progress.step(f"Image {tag} from {base}"):
            engine.images.build(
                path=str(CHECKOUT / "components" / "image"),
                tag=tag,
                buildargs={
                    "BASE": base,
                    "VERSION": _git("describe", "--tags", "--always", "--dirty"),
                    "REVISION": revision,
                    "CREATED": datetime.now(UTC).isoformat(timespec="seconds"),
                },
                network_mode="host",
                rm=True,
                forcerm=True,
            )
    except (Failure, DockerException) as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    print(tag)
    return 0


def pinned(repo_digests: list[str], image_id: str) -> str:
    """The name of one image and no other: its digest in a registry, or its id where it was made on this machine."""
    return repo_digests[0] if repo_digests else image_id


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(
            f"`git {' '.join(arguments)}` does not say what this is a release of: {done.stderr.strip()}"
        )
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())

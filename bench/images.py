"""The images of the relays that are measured."""

import os
import subprocess

import docker
from docker.models.images import Image

from bench.subjects import Subject
from local.tools.failure import Failure
from local.tools.progress import Progress


def build(engine: docker.DockerClient, address: str, subject: Subject, progress: Progress) -> Image:
    """The image of a subject, by the engine at `address`. Raises Failure."""
    with progress.step(f"Image of {subject.name}"):
        command = [
            "docker",
            "build",
            "--quiet",
            "--network=host",
            f"--tag={subject.image}",
            str(subject.context),
        ]
        # The classic builder is the one that every engine has.
        environment = os.environ | {"DOCKER_HOST": address, "DOCKER_BUILDKIT": "0"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failure(f"The image of {subject.name} cannot be built:\n{done.stdout}{done.stderr}")
        return engine.images.get(subject.image)

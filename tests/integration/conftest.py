"""What the integration tests share: emulated accounts and stacks, made on demand and removed with their module."""

import contextlib
from pathlib import Path

import docker
import pytest

from local.tools import docker_engine, provider_plugins, pulumi_cli
from local.tools.progress import Progress

from .kubernetes_cluster import BASE_IMAGE, started_cluster
from .local_aws import LocalAws
from .mail_stack import DOMAIN, mail_stack


@pytest.fixture(scope="module")
def aws_for_containers():
    """An emulated account with a zone for DOMAIN, whose SMTP endpoint containers reach on the Docker host."""
    bridge = docker_engine.gateway(docker.from_env())
    with LocalAws(host="host.docker.internal", bind=bridge) as local_aws:
        local_aws.create_zone(DOMAIN)
        yield local_aws


@pytest.fixture(scope="module")
def make_mail_stack(tmp_path_factory, aws_for_containers):
    """Prepare a stack that relays through the emulated account."""
    with contextlib.ExitStack() as stacks:

        def make(program="", **config):
            directory = tmp_path_factory.mktemp("stack")
            return stacks.enter_context(mail_stack(directory, aws_for_containers, program, **config))

        yield make


@pytest.fixture(scope="session")
def kubernetes_plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the Kubernetes plugin for `engine`; empty where Pulumi has the plugin installed."""
    directory, progress = tmp_path_factory.mktemp("plugins"), Progress()
    provider_plugins.ensure(progress, pulumi_cli.ensure(progress), directory, ["kubernetes"])
    return directory


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """A Kubernetes cluster that all tests share; each uses a namespace of its own."""
    with started_cluster(tmp_path_factory.mktemp("cluster") / "cluster") as running:
        running.load_image(BASE_IMAGE)
        yield running

"""What the integration tests share: emulated accounts and stacks, made on demand and removed with their module."""

import contextlib

import docker
import pytest

from local.tools import docker_engine

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

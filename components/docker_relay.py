"""DockerRelay: the relay as a container on a Docker engine.

How the Docker provider behaves shaped this file; each surprise is named where it is met.
"""

import hashlib
import os
from pathlib import Path
from typing import Any

import pulumi
import pulumi_docker as docker

from .arguments import checked_args
from .docker_relay_args import DockerRelayArgs
from .relay_container import (
    CAPABILITIES,
    HEALTH_COMMAND,
    SMTP_PORT,
    SPOOL,
    SUBMISSION_PORT,
    WAIT_SECONDS,
    stop_seconds,
)
from .relay_environment import for_review, relay_environment

_IMAGE_CONTEXT = Path(__file__).resolve().parent / "image"
_DEFAULTS = {"address": "127.0.0.1", "port": 2525, "submission_port": SUBMISSION_PORT, "memory": 128}


class DockerRelay(pulumi.ComponentResource):
    """An OpenSMTPD relay on Docker that already holds its upstream's login.

    - the image, built from `components/image` unless one is given
    - a volume for the queue: mail waits there through restarts, crashes and new versions
    - a network: containers that join it reach the relay as `<name>:25`
    - the container: read-only, with only the capabilities that OpenSMTPD needs, and a health check that speaks SMTP

    The upstream's login travels in the container's environment: whoever may run `docker inspect` can read it.
    """

    smtp_address: pulumi.Output[str]
    """`host:port` to which applications submit mail."""
    workload: pulumi.Output[str]
    """The container's name."""
    network: pulumi.Output[str]
    """The network's name, for containers that send mail."""

    def __init__(self, name: str, args: DockerRelayArgs, opts: pulumi.ResourceOptions | None = None):
        super().__init__("opensmtpd:index:DockerRelay", name, {}, opts)
        args = checked_args("DockerRelay", args, DockerRelayArgs)
        variables = relay_environment("DockerRelay", args)
        environment = [pulumi.Output.format("{0}={1}", name, value) for name, value in variables.items()]
        args = DockerRelayArgs(**{**_DEFAULTS, "options": {}, **args})

        image = args.get("image") or self._build_image(name)
        network = self._create_network(name)
        queue = self._create_queue(name, args.get("protect"))
        container = self._create_container(name, args, environment, image, network, queue)

        self.smtp_address = pulumi.Output.format("{0}:{1}", args["address"], args["port"])
        self.workload = container.name
        self.network = network.name
        self.register_outputs(
            {
                "smtp_address": self.smtp_address,
                "workload": self.workload,
                "network": self.network,
                "environment": for_review(variables),
            }
        )

    def _build_image(self, name: str) -> pulumi.Output[str]:
        # The provider does not look into files. A tag made of their contents shows a change in the preview.
        tag = f"opensmtpd-relay:{_digest(_IMAGE_CONTEXT)}"
        # Relative where that is possible, so that two checkouts of one program have one state.
        context = (
            _IMAGE_CONTEXT.relative_to(Path.cwd())
            if _IMAGE_CONTEXT.is_relative_to(Path.cwd())
            else _IMAGE_CONTEXT
        )
        image = docker.RemoteImage(
            name,
            name=tag,
            # Without force_remove a failed build leaves a container behind.
            build={"context": str(context), "force_remove": True},
            # Other stacks on this engine may run the same image.
            keep_locally=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return image.name

    def _create_network(self, name: str) -> docker.Network:
        return docker.Network(name, opts=pulumi.ResourceOptions(parent=self))

    def _create_queue(self, name: str, protect: bool | None) -> docker.Volume:
        # Without labels: the provider replaces a volume whose label changes, and the queued mail is gone.
        return docker.Volume(f"{name}-queue", opts=pulumi.ResourceOptions(parent=self, protect=protect))

    def _create_container(
        self,
        name: str,
        args: DockerRelayArgs,
        environment: list[pulumi.Output[str]],
        image: pulumi.Input[str],
        network: docker.Network,
        queue: docker.Volume,
    ) -> docker.Container:
        return docker.Container(
            name,
            image=image,
            envs=environment,
            ports=_ports(args),
            networks_advanced=[{"name": network.name, "aliases": [name]}],
            # An upstream on the Docker host itself has this name on every platform.
            hosts=[{"host": "host.docker.internal", "ip": "host-gateway"}],
            volumes=[{"container_path": SPOOL, "volume_name": queue.name}],
            read_only=True,
            tmpfs={"/run": "mode=0755", "/tmp": "mode=1777"},  # noqa: S108 - the container's own
            # With the prefix, as the provider reads them back.
            capabilities={"adds": [f"CAP_{name}" for name in CAPABILITIES], "drops": ["ALL"]},
            security_opts=["no-new-privileges:true"],
            memory=args["memory"],
            # Docker would double the memory for swap, and the provider would report that as a change for ever.
            memory_swap=args["memory"],
            restart="unless-stopped",
            healthcheck={
                "tests": ["CMD", *HEALTH_COMMAND],
                "interval": "5s",
                # Beyond OpenSMTPD's own waits for a slow DNS server before it greets.
                "timeout": "30s",
                "retries": 3,
                # All of it is said here, and as Docker writes it: what comes from the image, and 60s for 1m0s, the
                # provider reports as a change for ever.
                "start_period": "1m0s",
            },
            # `pulumi up` ends when the relay can send, and fails when it cannot.
            wait=True,
            wait_timeout=WAIT_SECONDS,
            # Without it the provider kills at once.
            destroy_grace_seconds=stop_seconds(args["options"]),
            # The same for whoever else stops it: `docker stop`, or the engine when the host goes down.
            stop_timeout=stop_seconds(args["options"]),
            opts=pulumi.ResourceOptions(
                parent=self,
                # The provider reports a change of these as done and leaves the running container as it is.
                replace_on_changes=["healthcheck", "tmpfs"],
                # The port can be held once only; the provider says so by itself only for changes that it replaces for.
                delete_before_replace=True,
            ),
        )


def _ports(args: DockerRelayArgs) -> pulumi.Output[list[dict[str, Any]]]:
    """The container's ports that clients on the Docker host reach."""
    options = args["options"]
    published = [(SMTP_PORT, args["port"])]
    if options.get("submission_logins"):
        published.append((SUBMISSION_PORT, args["submission_port"]))
    if options.get("metrics_port"):
        published.append((options["metrics_port"], options["metrics_port"]))
    ports = [
        {"internal": internal, "external": external, "ip": args["address"], "protocol": "tcp"}
        for internal, external in published
    ]
    # As the provider reads them back: it reports another order as a change for ever.
    return pulumi.Output.all(*ports).apply(lambda known: sorted(known, key=lambda port: port["internal"]))


def _digest(context: Path) -> str:
    """A digest of all that a build from `context` depends on."""
    digest = hashlib.sha256()
    for path in sorted(
        path for path in context.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ):
        digest.update(f"{path.relative_to(context)}\0{os.access(path, os.X_OK)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]

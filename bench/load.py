"""The clients: Postfix's own load generator, smtp-source, in a container."""

from typing import Self

import docker

from bench.relay import SENDER
from bench.subjects import POSTFIX

_CLIENTS = 10


class Load:
    """So many messages of `size` octets for `address`, from ten clients at a time, each in a session of its own.

    Message n is for `<label><n>@example.org`. `with load:` it runs.
    """

    def __init__(self, engine: docker.DockerClient, address: str, label: str, size: int, messages: int):
        options = f"-s {_CLIENTS} -m {messages} -l {size} -f {SENDER} -N -t {label}@example.org -M client.example.com"
        self._container = engine.containers.create(
            POSTFIX.image,
            entrypoint=["smtp-source"],
            command=[*options.split(), f"{address}:25"],
            network_mode="host",
        )

    def __enter__(self) -> Self:
        try:
            self._container.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._container.remove(force=True, v=True)

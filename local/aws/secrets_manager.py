"""Secrets Manager where moto's falls short: the name of a deleted secret stays taken while it can be restored."""

import moto.secretsmanager.urls
from moto.secretsmanager.exceptions import InvalidRequestException
from moto.secretsmanager.responses import SecretsManagerResponse


class SecretsManagerOperations(SecretsManagerResponse):
    """moto's operations, with the one that differs."""

    def create_secret(self) -> str:
        before = self.backend.secrets.get(self._get_param("Name"))
        if before and before.is_deleted():
            raise InvalidRequestException(
                "You can't create this secret because a secret with this name is already scheduled for deletion."
            )
        return super().create_secret()


def install() -> None:
    """Let moto answer with these operations."""
    for path in moto.secretsmanager.urls.url_paths:
        moto.secretsmanager.urls.url_paths[path] = SecretsManagerOperations.dispatch

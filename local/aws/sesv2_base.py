"""What the operations of SES v2 share: the account they speak of, and errors in the API's form."""

from collections.abc import Callable
from typing import ClassVar

from moto.core.exceptions import JsonRESTError
from moto.sesv2.responses import SESV2Response

from .account import Account
from .confirmations import Confirmations


class SesV2Base(SESV2Response):
    """moto's operations, with the account behind them."""

    account_of: ClassVar[Callable[[str], Account]]
    """Tells the account as it is in a region."""
    confirmations: ClassVar[Confirmations]
    """Asks the owners of addresses."""

    @property
    def _account(self) -> Account:
        return type(self).account_of(self.region)

    def _tag(self, resource: str) -> None:
        """Give the tags of the request to a new resource such as `identity/example.com`."""
        if tags := self._get_param("Tags"):
            self.sesv2_backend.core_backend.tagger.tag_resource(self._account.arn(resource), tags)

    def _untag(self, resource: str) -> None:
        """Forget the tags of a resource that is gone."""
        self.sesv2_backend.core_backend.tagger.delete_all_tags_for_resource(self._account.arn(resource))


def not_found(message: str) -> JsonRESTError:
    """The error for something that does not exist."""
    return _error(404, "NotFoundException", message)


def already_exists(message: str) -> JsonRESTError:
    """The error for a name that is taken."""
    return _error(400, "AlreadyExistsException", message)


def bad_request(message: str) -> JsonRESTError:
    """The error for a value that SES does not take."""
    return _error(400, "BadRequestException", message)


def _error(status: int, code: str, message: str) -> JsonRESTError:
    error = JsonRESTError(code, message)
    error.code = status
    return error

"""SES v2: moto's operations, with those that differ and those that it lacks."""

from collections.abc import Callable

import moto.ses.models
import moto.sesv2.urls

from .account import Account
from .configuration_set import ConfigurationSet
from .confirmations import Confirmations
from .identity import Identity
from .sesv2_account import AccountOperations
from .sesv2_base import not_found
from .sesv2_configuration_sets import ConfigurationSetOperations
from .sesv2_identities import IdentityOperations
from .sesv2_tenants import TenantOperations

_IDENTITY = "{0}/v2/email/identities/(?P<EmailIdentity>[^/]+)"
_CONFIGURATION_SET = "{0}/v2/email/configuration-sets/(?P<ConfigurationSetName>[^/]+)"
# Flask answers 404 for a path that moto's table lacks.
_MORE_PATHS = (
    "{0}/v2/email/account$",
    "{0}/v2/email/account/sending$",
    "{0}/v2/email/account/suppression$",
    "{0}/v2/email/account/vdm$",
    "{0}/v2/email/dedicated-ip-pools/(?P<PoolName>[^/]+)$",
    "{0}/v2/email/suppression/addresses$",
    "{0}/v2/email/suppression/addresses/(?P<EmailAddress>[^/]+)$",
    "{0}/v2/email/tenants$",
    "{0}/v2/email/tenants/(?P<operation>get|delete|list|resources)$",
    "{0}/v2/email/tenants/resources/(?P<operation>delete|list)$",
    f"{_CONFIGURATION_SET}/(?P<block>[a-z-]+)$",
    f"{_CONFIGURATION_SET}/event-destinations/(?P<EventDestinationName>[^/]+)$",
    f"{_IDENTITY}/configuration-set$",
    f"{_IDENTITY}/dkim$",
    f"{_IDENTITY}/dkim/signing$",
    f"{_IDENTITY}/feedback$",
    f"{_IDENTITY}/mail-from$",
)


class SesV2Operations(IdentityOperations, ConfigurationSetOperations, TenantOperations, AccountOperations):
    """All operations of SES v2."""

    def tag_resource(self) -> str:
        self._check_tagged_resource()
        return super().tag_resource()

    def untag_resource(self) -> str:
        self._check_tagged_resource()
        return super().untag_resource()

    def list_tags_for_resource(self) -> str:
        self._check_tagged_resource()
        return super().list_tags_for_resource()

    def _check_tagged_resource(self) -> None:
        arn, account = self._get_param("ResourceArn"), self._account
        existing = {
            "identity": account.identities(),
            "configuration-set": account.configuration_sets(),
            "dedicated-ip-pool": self.sesv2_backend.core_backend.dedicated_ip_pools,
            "tenant": account.tenants,
        }
        kind, _, name = arn.rpartition(":")[2].partition("/")
        if kind not in existing:
            return
        if not arn.startswith(account.arn("")) or name.partition("/")[0] not in existing[kind]:
            raise not_found(f"Resource {arn} does not exist.")


def install(account_of: Callable[[str], Account], confirmations: Confirmations) -> None:
    """Let moto answer with these operations, and keep identities and configuration sets as ours, whoever makes them."""
    SesV2Operations.account_of = staticmethod(account_of)
    SesV2Operations.confirmations = confirmations
    for path in (*moto.sesv2.urls.url_paths, *_MORE_PATHS):
        moto.sesv2.urls.url_paths[path] = SesV2Operations.dispatch
    moto.ses.models.EmailIdentity = Identity
    moto.ses.models.ConfigurationSet = ConfigurationSet

"""The account as SES's own servers see it: what moto keeps of identities, hosted zones, users and keys."""

import base64
import functools
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import User, iam_backends
from moto.route53.models import route53_backends
from moto.ses.models import ses_backends

from .configuration_set import SUPPRESSION_REASONS, ConfigurationSet
from .identity import Identity, canonical_identity
from .limits import Limits
from .policy import Policy
from .regions import dkim_zone
from .suppression import Suppressed
from .tenants import Tenants
from .throttle import Throttle
from .verification import Verification
from .zones import RecordSet, Zone, canonical_name, quoted

_PARTITION = "aws"


@dataclass(frozen=True)
class Login:
    """An active access key and whose it is."""

    access_key_id: str
    secret_access_key: str
    user: User


class Account:
    """The account in one region. Every answer is what the APIs were told last."""

    def __init__(self, region: str, limits_file: Path, account_id: str = DEFAULT_ACCOUNT_ID):
        self.region = region
        self.verification = Verification(region, self.hosted_zones)
        self.throttle = Throttle()
        self.tenants = Tenants()
        self.suppressed: dict[str, Suppressed] = {}
        """The suppression list, by address in lower case."""
        self.suppressed_reasons: list[str] = sorted(SUPPRESSION_REASONS)
        """What puts an address on that list, where a configuration set does not say otherwise."""
        self.sending_enabled = True
        """False is an account whose owner has paused it: no message is taken."""
        self.vdm_attributes: dict[str, Any] = {"VdmEnabled": "DISABLED"}
        self._limits_file = limits_file
        self.account_id = account_id

    def limits(self) -> Limits:
        """Return the limits as they are now; see `Limits.read` for what it raises."""
        return Limits.read(self._limits_file)

    def arn(self, resource: str) -> str:
        """Return the ARN of an SES resource such as `identity/example.com`."""
        return f"arn:{_PARTITION}:ses:{self.region}:{self.account_id}:{resource}"

    def identities(self) -> dict[str, Identity]:
        """Return the identities of the region by name."""
        return ses_backends[self.account_id][self.region].email_identities

    def identities_of(self, address: str) -> list[Identity]:
        """Return the identities that cover an e-mail address, nearest first: its own, its domain's, the parents'."""
        address = canonical_identity(address)
        labels = address.rpartition("@")[2].split(".")
        names = [address, *(".".join(labels[start:]) for start in range(len(labels)))]
        identities = self.identities()
        return [identities[name] for name in names if name in identities]

    def configuration_sets(self) -> dict[str, ConfigurationSet]:
        """Return the configuration sets of the region by name."""
        return ses_backends[self.account_id][self.region].config_sets

    def has_configuration_set(self, name: str) -> bool:
        """Return whether the region has a configuration set of that name."""
        return name in self.configuration_sets()

    def hosted_zones(self) -> list[Zone]:
        """Return the public hosted zones of Route 53. Alias records are left out."""
        zones = route53_backends[self.account_id][_PARTITION].zones
        return [
            Zone(canonical_name(zone.name), tuple(_record_set(record_set) for record_set in zone.rrsets))
            for zone in list(zones.values())
            if not zone.private_zone
        ]

    def signing_records(self) -> list[RecordSet]:
        """Return the keys that SES publishes and signs with: one per token of Easy DKIM."""
        value = quoted(f"p={self._dkim_key}")
        return [
            RecordSet(f"{token}.{dkim_zone(self.region)}", "TXT", 1800, (value,))
            for identity in list(self.identities().values())
            for token in identity.easy_dkim_tokens
        ]

    @functools.cached_property
    def _dkim_key(self) -> str:
        """One public key for all identities: the endpoint does not sign, but look-ups find what they expect."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
        return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()

    def login(self, access_key_id: str) -> Login | None:
        """Return whom an access key lets in, None when there is no such key or it is inactive."""
        users = iam_backends[self.account_id][_PARTITION].users
        for user in list(users.values()):
            for key in user.access_keys:
                if key.access_key_id == access_key_id and key.status == "Active":
                    return Login(key.access_key_id, key.secret_access_key, user)
        return None

    def policies_of(self, user: User) -> list[Policy]:
        """Return the policies of a user: inline and attached ones, its own and its groups'."""
        holders = [user, *iam_backends[self.account_id][_PARTITION].get_groups_for_user(user.name)]
        documents: list[Any] = []
        for holder in holders:
            documents += holder.policies.values()
            documents += [_default_version(policy) for policy in holder.managed_policies.values()]
        return [json.loads(document) for document in documents]

    def boundary_of(self, user: User) -> Policy | None:
        """Return the permissions boundary of a user, None without one. A deleted one allows nothing."""
        boundary = getattr(user, "permissions_boundary", None)
        if not boundary:
            return None
        policies = iam_backends[self.account_id][_PARTITION].managed_policies
        policy = policies.get(boundary["PermissionsBoundaryArn"])
        return json.loads(_default_version(policy)) if policy else {}

    def identity_policies(self, arn: str) -> list[Policy]:
        """Return the sending authorisation policies of the identity with the ARN, none for another resource."""
        name = arn.partition(":identity/")[2]
        identity = self.identities().get(name) if name else None
        return [json.loads(document) for document in identity.policies.values()] if identity else []


def _default_version(policy: Any) -> str:
    return next(version.document for version in policy.versions if version.is_default_version)


def signing_zones(accounts: Iterable[Account]) -> list[Zone]:
    """Return the zones of SES with the keys of all regions: some regions share one."""
    records: dict[str, list[RecordSet]] = {}
    for account in accounts:
        records.setdefault(dkim_zone(account.region), []).extend(account.signing_records())
    return [Zone(name, tuple(record_sets)) for name, record_sets in records.items()]


def _record_set(record_set: Any) -> RecordSet:
    return RecordSet(
        canonical_name(record_set.name),
        record_set.type,
        int(record_set.ttl or 0),
        tuple(record_set.records or ()),
    )

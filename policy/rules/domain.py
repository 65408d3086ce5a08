"""Rules for the domain that mail is sent from."""

import re
from collections.abc import Iterator, Sequence

from .resource import Resource
from .rule import MANDATORY, ResourceRule, StackRule

_IDENTITIES = ("aws:sesv2/emailIdentity:EmailIdentity", "aws:ses/domainIdentity:DomainIdentity")
_RECORD = re.compile(r"(?i):(?:dns)?record(?:set)?$")
_QUEUES = re.compile(r"(?i)queue|spool|mail|smtp|relay")
# A namespace takes its volume claims with it.
_VOLUMES = (
    "docker:index/volume:Volume",
    "kubernetes:core/v1:PersistentVolumeClaim",
    "kubernetes:core/v1:Namespace",
)
_PRODUCTION = re.compile(r"(?i)(?:^|[^a-z])(?:prod|production|live)(?:$|[^a-z])")


def _without_dmarc(resources: Sequence[Resource]) -> Iterator[tuple[str, str]]:
    names = {_full_name(resource) for resource in resources if _RECORD.search(resource.type)} - {""}
    for resource in resources:
        domain = resource.get("emailIdentity") or resource.get("domain")
        if resource.type not in _IDENTITIES or not isinstance(domain, str) or "@" in domain:
            continue
        writes_records = any(name == domain or name.endswith(f".{domain}") for name in names)
        # A stack that writes no record of the domain says nothing about DNS; the policy of a domain above counts too.
        if writes_records and not any(f"_dmarc.{above}" in names for above in _at_and_above(domain)):
            yield f"{resource.name}: there is no DMARC record for {domain}", resource.urn


def _unprotected(resource: Resource) -> Iterator[str]:
    if resource.is_protected or not _PRODUCTION.search(resource.stack):
        return
    if resource.type in _IDENTITIES:
        yield f"{resource.name}: nothing keeps the SES identity from being deleted"
    elif resource.type in _VOLUMES and _QUEUES.search(resource.name):
        yield f"{resource.name}: nothing keeps the mail queue from being deleted"


def _full_name(record: Resource) -> str:
    name = record.get("fqdn") or record.get("name")
    return name.rstrip(".").lower() if isinstance(name, str) else ""


def _at_and_above(domain: str) -> Iterator[str]:
    labels = domain.lower().split(".")
    for start in range(max(1, len(labels) - 1)):
        yield ".".join(labels[start:])


RULES = (
    ResourceRule(
        name="protected-in-production",
        level=MANDATORY,
        why="A deleted identity stops all mail until a new one is verified; a deleted queue loses the mail in it.",
        fix="Set `protect=True` on them, or on the component that holds them, in stacks named prod.",
        check=_unprotected,
    ),
)
STACK_RULES = (
    StackRule(
        name="dmarc-present",
        level=MANDATORY,
        why="Gmail, Yahoo and Outlook refuse bulk mail from a domain without a DMARC record.",
        fix='Add the TXT record _dmarc.<domain> with "v=DMARC1; p=none", and tighten it later.',
        check=_without_dmarc,
    ),
)

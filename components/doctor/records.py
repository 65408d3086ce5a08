"""The DNS records of a stack, as DNS shows them."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import dns.exception

from ..dns import DMARC, DnsRecord, Lookup, is_among, policy_kind, spoiling
from .finding import FINE, UNKNOWN, WRONG, Finding

_AT_A_TIME = 8


def look(records: Sequence[DnsRecord], domains: Iterable[str], resolver: str = "") -> list[Finding]:
    """A finding for each record, and one for the DMARC policy of each domain whose policy is not among them.

    `resolver` is `address:port`, empty for the machine's own.
    """
    lookup = Lookup(resolver)
    names = {record["name"] for record in records}
    checks = [partial(_look_at, lookup, record) for record in records]
    checks += [
        partial(_look_for_policy, lookup, domain) for domain in domains if f"_dmarc.{domain}" not in names
    ]
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        return list(pool.map(lambda check: check(), checks))


def _look_at(lookup: Lookup, record: DnsRecord) -> Finding:
    try:
        return judge(record, lookup.shown(record["name"], record["type"]))
    except dns.exception.DNSException as error:
        return _no_answer(check_of(record), error)


def _look_for_policy(lookup: Lookup, domain: str) -> Finding:
    try:
        return judge_policy(
            domain, {name: lookup.shown(f"_dmarc.{name}", "TXT") for name in _at_and_above(domain)}
        )
    except dns.exception.DNSException as error:
        return _no_answer(f"DMARC TXT _dmarc.{domain}", error)


def judge(record: DnsRecord, shown: Sequence[str]) -> Finding:
    """`shown` is what DNS shows at the record's name."""
    check = check_of(record)
    if not is_among(record, shown):
        advice = f"publish {record['value']!r} there ({record['why']})"
        return Finding(check, WRONG, ", ".join(shown) or "no such record", advice)
    if others := spoiling(record, shown):
        return Finding(
            check,
            WRONG,
            ", ".join(shown),
            f"remove {', '.join(map(repr, others))} there: only one may stand",
        )
    return Finding(check, FINE, record["value"])


def judge_policy(domain: str, shown: dict[str, Sequence[str]]) -> Finding:
    """`shown` is what DNS shows at `_dmarc` of the domain and of those above it: the nearest policy counts."""
    check = f"DMARC TXT _dmarc.{domain}"
    for name, texts in shown.items():
        policies = [text for text in texts if policy_kind(text) == DMARC]
        if len(policies) > 1:
            return Finding(check, WRONG, ", ".join(policies), f"leave one of them at _dmarc.{name}")
        if policies:
            return Finding(check, FINE, policies[0] if name == domain else f"{policies[0]} (of {name})")
    return Finding(
        check,
        WRONG,
        "no policy, neither here nor above",
        "publish 'v=DMARC1; p=none' there: large receivers refuse bulk mail from a domain without one",
    )


def check_of(record: DnsRecord) -> str:
    """How the row of a record is called: after what it is for, which `why` begins with."""
    return f"{record['why'].partition(':')[0]} {record['type']} {record['name']}"


def _at_and_above(domain: str) -> list[str]:
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)]


def _no_answer(check: str, error: dns.exception.DNSException) -> Finding:
    return Finding(
        check,
        UNKNOWN,
        f"DNS does not answer: {type(error).__name__}",
        "run this where DNS works, or name a server that answers with --resolver",
    )

"""The example for a DNS provider other than Route 53, with the real SDK of Cloudflare."""

import runpy
import sys
from pathlib import Path

import pulumi
import pytest

import components.dns
import components.ses_domain

from .recorder import DKIM_TOKENS, record

# The SDK deprecates some of its own modules whenever it is imported.
pytestmark = [pytest.mark.unit, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

EXAMPLE = Path(__file__).parents[2] / "examples" / "dns-cloudflare"
RECORD = "cloudflare:index/dnsRecord:DnsRecord"
ZONE = "023e105f4ecef8ad9ca31a8372d0c353"


@pytest.fixture
def run(monkeypatch):
    """Run the example as it lies there, with the package of this checkout."""
    monkeypatch.syspath_prepend(str(EXAMPLE))
    for name, module in (("", components), (".dns", components.dns), (".ses_domain", components.ses_domain)):
        monkeypatch.setitem(sys.modules, f"pulumi_opensmtpd{name}", module)
    monkeypatch.delitem(sys.modules, "cloudflare_dns", raising=False)

    def program():
        pulumi.runtime.set_all_config(
            {"mail-relay:domain": "example.com", "mail-relay:cloudflareZoneId": ZONE}
        )
        runpy.run_path(str(EXAMPLE / "__main__.py"))

    recorder, _ = record(program)
    monkeypatch.delitem(sys.modules, "cloudflare_dns")
    return recorder


def test_every_record_is_written_at_cloudflare_and_none_in_route_53(run):
    roles = ("dkim-0", "dkim-1", "dkim-2", "mail-from-mx", "mail-from-spf", "dmarc")
    assert {name for type_, name in run.names() if type_ == RECORD} == {f"mail-{role}" for role in roles}
    assert not [resource for resource in run.resources if resource.type.startswith("aws:route53")]


def test_each_record_has_cloudflares_form(run):
    dkim, mx, dmarc = (run.named(f"mail-{role}").inputs for role in ("dkim-0", "mail-from-mx", "dmarc"))
    assert dkim["name"] == f"{DKIM_TOKENS[0]}._domainkey.example.com"
    assert (dkim["content"], dkim["proxied"]) == (f"{DKIM_TOKENS[0]}.dkim.amazonses.com", False)
    assert (mx["priority"], mx["content"]) == (10, "feedback-smtp.eu-west-1.amazonses.com")
    assert dmarc["content"] == '"v=DMARC1; p=none"'
    assert {dkim["zoneId"], mx["zoneId"], dmarc["zoneId"]} == {ZONE}


def test_the_verification_waits_for_the_records(run):
    # Registered last: what it depends on is awaited before.
    registered = [resource.type for resource in run.resources]
    verification = registered.index("aws:ses/domainIdentityVerification:DomainIdentityVerification")
    assert verification > max(index for index, type_ in enumerate(registered) if type_ == RECORD)

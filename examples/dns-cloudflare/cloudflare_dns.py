"""Writes the DNS records of a SesDomain at Cloudflare."""

import pulumi
from pulumi_cloudflare import DnsRecord as CloudflareRecord
from pulumi_opensmtpd.dns import DnsRecord, RecordWriter, txt_strings


def cloudflare_writer(zone_id: pulumi.Input[str]) -> RecordWriter:
    """What MailRelay and SesDomain take as `write_record`; `zone_id` is that of the zone which holds the domain."""

    def write(name: str, record: DnsRecord, opts: pulumi.ResourceOptions) -> pulumi.Resource:
        value = pulumi.Output.from_input(record["value"])
        priority = None
        if record["type"] == "MX":
            priority = value.apply(lambda text: float(text.split()[0]))
            value = value.apply(lambda text: text.split()[1])
        elif record["type"] == "TXT":
            # Cloudflare shows texts in quotes; without them every preview would show a change.
            value = value.apply(lambda text: " ".join(f'"{part}"' for part in txt_strings(text)))
        return CloudflareRecord(
            name,
            zone_id=zone_id,
            name=record["name"],
            type=record["type"],
            content=value,
            priority=priority,
            ttl=record["ttl"],
            comment=record["why"],
            proxied=False,  # a proxied CNAME leads to Cloudflare, where SES finds no key
            opts=opts,
        )

    return write

"""The program: settings in, one MailRelay, outputs out."""

import pulumi

from components import MailRelay
from stacks.settings import Settings

settings = Settings.from_config()
relay = MailRelay("relay", settings.mail_relay_args())

pulumi.export("smtpAddress", relay.smtp_address)
pulumi.export("dnsRecords", relay.dns_records)
pulumi.export("zoneSnippet", relay.zone_snippet)
pulumi.export("sesSenders", relay.ses_senders)
pulumi.export("relayHost", relay.relay_host)
pulumi.export("relayPort", relay.relay_port)
pulumi.export("relayProto", relay.relay_proto)
pulumi.export("workload", relay.workload)
pulumi.export("network", relay.network)
if settings.mailbox:
    pulumi.export("mailbox", settings.mailbox)

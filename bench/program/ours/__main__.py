"""Domains and logins with the components."""

import os

from bench.program import ZONE, ZONE_ID, domains
from components import SesDomain, SmtpCredentials

for name in domains():
    domain = SesDomain(name, {"domain": f"{name}.{ZONE}", "zone": os.environ[ZONE_ID]})
    SmtpCredentials(
        f"{name}-smtp",
        {
            "identity_arn": domain.arn,
            "configuration_set_arn": domain.configuration_set_arn,
            "region": domain.region,
        },
    )

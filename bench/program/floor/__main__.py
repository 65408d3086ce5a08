"""The flat program, and as many components as ours makes, all empty: what the SDK takes for components as such."""

import pulumi

import bench.program.flat.__main__  # noqa: F401  (makes the resources)
from bench.program import domains

for name in domains():
    for kind in ("SesDomain", "SesConfiguration", "SmtpCredentials"):
        pulumi.ComponentResource(f"opensmtpd:index:{kind}", f"{name}-{kind}", {}).register_outputs({})

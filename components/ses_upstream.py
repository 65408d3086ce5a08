"""Amazon SES as an upstream: the domain is verified there, and the login made."""

from typing import NotRequired

import pulumi

from . import relay_settings
from .arguments import check_keys
from .ses_domain_args import SesDomainArgs, SesIdentityArgs
from .ses_feedback_args import SesFeedbackArgs, SesFeedbackOptions
from .upstream import SesSender, Upstream


class SesArgs(SesIdentityArgs):
    """The upstream Amazon SES. All of it has a default: `{}` is enough."""

    generation: NotRequired[int]
    """Raise it by one to rotate the SMTP credentials. Defaults to `1`."""
    host: NotRequired[pulumi.Input[str]]
    """Another SMTP endpoint than the region's public one. Defaults to that."""
    port: NotRequired[pulumi.Input[int]]
    """The endpoint's STARTTLS port. Defaults to `587`."""
    ca: NotRequired[pulumi.Input[str]]
    """The CA of that endpoint, as PEM text. Defaults to the public CAs."""
    max_rate: NotRequired[pulumi.Input[int]]
    """The messages a second that the account may send, from its sending quota. Defaults to no limit."""
    feedback: NotRequired[SesFeedbackOptions]
    """What bounces or is complained about, in a queue, and alarms. Defaults to none; `{}` is enough."""


def ses_upstream(
    name: str, domain: pulumi.Input[str], args: SesArgs, opts: pulumi.ResourceOptions
) -> Upstream:
    """Make the domain, its login and its feedback at SES, each with `opts`, and hand them over."""
    from . import SesDomain, SmtpCredentials, SmtpCredentialsArgs  # needs pulumi-aws

    check_keys("MailRelay ses", args, SesArgs)
    domain_args = {key: args[key] for key in SesIdentityArgs.__annotations__ if key in args}
    ses_domain = SesDomain(f"{name}-ses", SesDomainArgs(domain=domain, **domain_args), opts)
    credentials = SmtpCredentials(
        f"{name}-smtp",
        SmtpCredentialsArgs(
            identity_arn=ses_domain.arn,
            configuration_set_arn=ses_domain.configuration_set_arn,
            region=ses_domain.region,
            generation=args.get("generation", 1),
        ),
        opts,
    )
    relay = relay_settings.ses(
        ses_domain.region,
        credentials.user,
        credentials.password,
        host=args.get("host"),
        port=args.get("port"),
        ca=args.get("ca"),
        max_rate=args.get("max_rate"),
    )
    return Upstream(
        "ses",
        relay,
        ses_domain.dns_records,
        [ses_domain, credentials],
        _feedback_queue_url(name, ses_domain.configuration_set_arn, args, opts),
        [SesSender(arn=ses_domain.arn, user=credentials.iam_user, key=credentials.user)],
    )


def _feedback_queue_url(
    name: str, configuration_set_arn: pulumi.Output[str], args: SesArgs, opts: pulumi.ResourceOptions
) -> pulumi.Input[str]:
    if "feedback" not in args:
        return ""
    from . import SesFeedback  # needs pulumi-aws

    shared = {key: args[key] for key in ("region", "tags") if key in args}
    return SesFeedback(
        f"{name}-feedback",
        SesFeedbackArgs(configuration_set_arn=configuration_set_arn, **shared, **args["feedback"]),
        opts,
    ).queue_url

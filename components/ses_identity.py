"""What a domain and an address at SES have in common: the identity, its configuration set, and what belongs to it."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_aws import get_region_output, ses, sesv2

from .arguments import applied, checked
from .failure_hook import Explain, explaining_hook
from .sending_policy import identity_policy, policy_document
from .ses_configuration import SesConfiguration
from .ses_configuration_args import SesConfigurationArgs
from .ses_identity_args import SesIdentityOptions, has_part
from .ses_regions import SesRegion, ses_region
from .shared_answers import ask_once


class SesIdentity:
    """An identity, made or adopted. Its parts are children of `owner`, which is a SesDomain or a SesAddress.

    - the SES identity
    - a configuration set, the default of all its mail: a relay need not name it
    - feedback forwarding, policies and a tenant, where they are asked for
    """

    arn: pulumi.Output[str]
    """The ARN of the identity."""
    region: pulumi.Output[str]
    """The region that it lives in."""
    published: pulumi.Output[SesRegion]
    """What SES publishes about that region."""
    tokens: pulumi.Output[list[str]]
    """What the records of Easy DKIM are named after."""
    configuration_set: pulumi.Output[str]
    """The name of the configuration set; empty without one."""
    configuration_set_arn: pulumi.Output[str]
    """Its ARN; empty without one."""
    is_ours: bool
    """Whether it is made here, and not adopted."""
    resources: Sequence[pulumi.Resource]
    """What has to exist before anything refers to the identity by its name."""

    def __init__(
        self,
        owner: pulumi.Resource,
        name: str,
        identity: pulumi.Input[str],
        args: SesIdentityOptions,
        signing: dict[str, Any] | None = None,
    ):
        self._owner, self._name, self._identity = owner, name, identity
        self._region = args.get("region")
        self._regional = {key: args[key] for key in ("region", "tags") if key in args}
        self.is_ours = not args.get("adopt")
        region = (
            pulumi.Output.from_input(self._region)
            if self._region is not None
            else ask_once(owner, _home_region, pulumi.InvokeOutputOptions)
        )
        self.published = region.apply(lambda known: ses_region(known, args.get("region_data")))
        self.region = self.published.apply(lambda published: published.name)

        configuration = self._create_configuration(args)
        if self.is_ours:
            self._create_identity(configuration, signing, args.get("protect"))
        else:
            self._adopt_identity()
        self._create_belongings(args)
        if args.get("tenant"):
            self._create_tenant(args["tenant"], configuration)

    def create_verification(
        self,
        args: SesIdentityOptions,
        required: Sequence[pulumi.Resource],
        explain: Explain,
    ) -> None:
        """Wait until SES has verified the identity. When time runs out, the error says what `explain` returns: the
        provider's own says only that it did."""
        name = f"{self._name}-verification"
        ses.DomainIdentityVerification(
            name,
            # It asks SES for the status of this identity, whether that is a domain or an address.
            domain=self._identity,
            region=self._region,
            opts=self._options(
                depends_on=[*self.resources, *required],
                custom_timeouts=pulumi.CustomTimeouts(create=f"{args.get('timeout', 600)}s"),
                hooks=self._explained(name, explain),
            ),
        )

    def _create_configuration(self, args: SesIdentityOptions) -> SesConfiguration | None:
        if not has_part(args, "configuration"):
            return None
        return SesConfiguration(
            f"{self._name}-configuration",
            SesConfigurationArgs(domain=self._identity, **self._regional, **args.get("configuration", {})),
            self._options(),
        )

    def _create_identity(
        self, configuration: SesConfiguration | None, signing: dict[str, Any] | None, protect: bool | None
    ) -> None:
        identity = sesv2.EmailIdentity(
            self._name,
            email_identity=self._identity,
            configuration_set_name=configuration.set_name if configuration else None,
            dkim_signing_attributes=signing,
            **self._regional,
            opts=self._options(protect=protect, hooks=self._explained(self._name, self._explain_existing)),
        )
        self.arn = identity.arn
        self.tokens = identity.dkim_signing_attributes["tokens"]
        self.configuration_set = configuration.set_name if configuration else pulumi.Output.from_input("")
        self.configuration_set_arn = configuration.arn if configuration else pulumi.Output.from_input("")
        self.resources = [identity]

    async def _explain_existing(self, errors: Sequence[str]) -> str:
        if "AlreadyExistsException" not in errors[0]:
            return ""
        known = await pulumi.Output.all(self._identity, self.region).future()
        return _describe_existing(*known)

    def _adopt_identity(self) -> None:
        identity = sesv2.get_email_identity_output(
            email_identity=self._identity,
            region=self._region,
            opts=pulumi.InvokeOutputOptions(parent=self._owner),
        )
        self.arn = identity.arn
        self.tokens = identity.dkim_signing_attributes.apply(_easy_dkim_tokens)
        self.configuration_set = identity.configuration_set_name.apply(lambda name: name or "")
        self.configuration_set_arn = pulumi.Output.all(self.arn, self.configuration_set).apply(
            lambda known: _configuration_set_arn(*known)
        )
        self.resources = []

    def _create_belongings(self, args: SesIdentityOptions) -> None:
        opts = self._options(depends_on=self.resources)
        if "feedback_forwarding" in args:
            sesv2.EmailIdentityFeedbackAttributes(
                f"{self._name}-feedback",
                email_identity=self._identity,
                email_forwarding_enabled=args["feedback_forwarding"],
                region=self._region,
                opts=opts,
            )
        for policy_name, document in args.get("policies", {}).items():
            sesv2.EmailIdentityPolicy(
                f"{self._name}-policy-{policy_name}",
                email_identity=self._identity,
                policy_name=policy_name,
                policy=self._completed_policy(policy_name, document),
                region=self._region,
                opts=opts,
            )

    def _completed_policy(self, policy_name: str, document: pulumi.Input[str]) -> pulumi.Input[str]:
        # At once: the identity's ARN is not known before the identity is made.
        policy = checked(type(self._owner).__name__, f"policies.{policy_name}", document, policy_document)
        return applied([policy, self.arn], lambda known: identity_policy(*known))

    def _create_tenant(self, tenant_name: str, configuration: SesConfiguration | None) -> None:
        tenant = sesv2.Tenant(
            f"{self._name}-tenant", tenant_name=tenant_name, **self._regional, opts=self._options()
        )
        belongings = {"identity": self.arn}
        if configuration:
            belongings["configuration"] = configuration.arn
        for role, arn in belongings.items():
            sesv2.TenantResourceAssociation(
                f"{self._name}-tenant-{role}",
                tenant_name=tenant.tenant_name,
                resource_arn=arn,
                region=self._region,
                opts=self._options(),
            )

    def _explained(self, child: str, explain: Explain) -> pulumi.ResourceHookBinding:
        return pulumi.ResourceHookBinding(on_error=[explaining_hook(self._owner, child, explain)])

    def _options(self, **options: Any) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self._owner, **options)


def _describe_existing(identity: str, region: str) -> str:
    return (
        f"SES in {region} has an identity {identity} already: use it as it is with `adopt`, or make it this stack's "
        "with `pulumi import`, as docs/guides/existing.md says"
    )


def _home_region(opts: pulumi.InvokeOutputOptions) -> pulumi.Output[str]:
    return get_region_output(opts=opts).region


def _easy_dkim_tokens(attributes: Sequence[Mapping[str, Any]]) -> list[str]:
    # With a key of its owner's own, the "token" is a selector, and the record cannot be known. The key of another
    # region (`AWS_SES_<region>`) has its records there.
    return [
        token
        for attribute in attributes
        if attribute["signing_attributes_origin"] == "AWS_SES"
        for token in attribute["tokens"]
    ]


def _configuration_set_arn(identity_arn: str, name: str) -> str:
    # arn:PARTITION:ses:REGION:ACCOUNT:identity/NAME
    return f"{identity_arn.rpartition(':')[0]}:configuration-set/{name}" if name else ""

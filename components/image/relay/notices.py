"""What the relay says about its settings when it starts. Pure text."""

from collections.abc import Iterator

from .checks import ANY_DOMAIN
from .refusals import DIRECT
from .settings import VERIFIED, Settings, Upstream
from .smtpd_conf import host_and_port


def summary(settings: Settings) -> str:
    """One line: who may send from where, and where it goes."""
    routes = (
        f"; {', '.join(route.sender_domains)} to {_target(route.upstream)}" for route in settings.routes
    )
    fallback = f", or while that fails to {_target(settings.fallback)}" if settings.fallback else ""
    return (
        f"relays mail of {', '.join(settings.allowed_sender_domains)} from {', '.join(settings.allowed_networks)} "
        f"to {_target(settings.upstream)}{fallback}{''.join(routes)}"
    )


def warnings(settings: Settings) -> list[str]:
    """One line for each setting that makes the relay less safe, or less of a relay, than it could be."""
    return [*_about_senders(settings), *_about_upstreams(settings), *_about_recipients(settings)]


def _target(upstream: Upstream) -> str:
    if upstream.proto == DIRECT:
        return "the recipients' servers"
    return f"{upstream.proto}://{host_and_port(upstream)} {'with' if upstream.user else 'without'} a login"


def _about_senders(settings: Settings) -> Iterator[str]:
    if settings.allowed_sender_domains == (ANY_DOMAIN,):
        yield "mail of any sender domain is taken: OPENSMTPD_ALLOWED_SENDER_DOMAINS is *"


def _about_upstreams(settings: Settings) -> Iterator[str]:
    for prefix, upstream in settings.upstreams():
        proto = f"RELAY_{prefix.removeprefix('route_').upper()}PROTO is {upstream.proto}"
        if upstream.proto == DIRECT:
            yield (
                f"mail goes straight to the recipients' servers, as {proto}: it may travel unprotected, and many take "
                "none without reverse DNS, SPF and DKIM"
            )
        elif upstream.insecure_skip_verify:
            yield (
                f"any certificate passes for that of {host_and_port(upstream)}, as RELAY_INSECURE_SKIP_VERIFY is yes: "
                "whoever is on the way can read and change mail and the login"
            )
        elif upstream.proto not in VERIFIED:
            yield (
                f"nothing protects mail on its way to {host_and_port(upstream)}, as {proto}: whoever is on the way can "
                "read and change it"
            )


def _about_recipients(settings: Settings) -> Iterator[str]:
    if settings.redirect_recipients:
        yield f"all mail goes to {settings.redirect_recipients}, as OPENSMTPD_REDIRECT_RECIPIENTS is set"
    if settings.allowed_recipient_domains:
        domains = ", ".join(settings.allowed_recipient_domains)
        yield f"mail to other domains than {domains} is refused, as OPENSMTPD_ALLOWED_RECIPIENT_DOMAINS is set"

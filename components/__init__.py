"""Components that turn a domain name into working outbound mail. Start with MailRelay; the others are its parts."""

from . import relay_settings
from .dmarc import DmarcPolicy
from .docker_relay import DockerRelay, DockerRelayArgs
from .mail_relay import MailRelay, MailRelayArgs
from .relay_options import RelayOptions, RelayRoute
from .relay_settings import RelaySettings
from .ses_configuration import SesConfiguration, SesConfigurationArgs
from .ses_domain import SesDomain
from .ses_domain_args import SesDomainArgs
from .ses_feedback import SesFeedback, SesFeedbackArgs
from .smtp_credentials import SmtpCredentials, SmtpCredentialsArgs

__all__ = [
    "DmarcPolicy",
    "DockerRelay",
    "DockerRelayArgs",
    "MailRelay",
    "MailRelayArgs",
    "RelayOptions",
    "RelayRoute",
    "RelaySettings",
    "SesConfiguration",
    "SesConfigurationArgs",
    "SesDomain",
    "SesDomainArgs",
    "SesFeedback",
    "SesFeedbackArgs",
    "SmtpCredentials",
    "SmtpCredentialsArgs",
    "relay_settings",
]

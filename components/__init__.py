"""Components that turn a domain name into working outbound mail. Start with MailRelay; the others are its parts.

`__init__.pyi` lists them, for this module too. Each is imported when it is first used, so that a program needs the
SDKs of those providers only whose components it uses: the extras `aws`, `docker` and `kubernetes` of the package.
"""

import lazy_loader

from .missing_extra import naming_the_extra

_attribute, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__getattr__ = naming_the_extra(_attribute)

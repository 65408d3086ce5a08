"""All rules of the pack, by what they look at."""

from . import domain, kubernetes, queue, relay, secrets, sending

RESOURCE_RULES = (
    *relay.RULES,
    *queue.RULES,
    *secrets.RULES,
    *sending.RULES,
    *domain.RULES,
)
"""Rules that look at one resource at a time."""

STACK_RULES = (*sending.STACK_RULES, *domain.STACK_RULES, *kubernetes.STACK_RULES)
"""Rules that look at all resources of a stack together."""

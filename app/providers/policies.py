"""Who may see and change training bases."""

from app.platform.access import Actor, Role


def can_list_providers(actor: Actor) -> bool:
    return actor.role in (Role.FEDERATION, Role.AUDITOR, Role.SYSADMIN)


def can_see_provider(actor: Actor) -> bool:
    """Those who list bases, and a base's own staff; which base, decides the scope of the query."""
    return can_list_providers(actor) or actor.role is Role.PROVIDER


def can_manage_providers(actor: Actor) -> bool:
    """Master data and accreditation are the federation's."""
    return actor.role is Role.FEDERATION


def can_edit_resources(actor: Actor) -> bool:
    """Venues and teachers: the federation, and a base its own."""
    return actor.role in (Role.FEDERATION, Role.PROVIDER)


def is_provider(actor: Actor) -> bool:
    return actor.role is Role.PROVIDER

"""Who may do what with employing units."""

from app.platform.access import Actor, Role


def can_see(actor: Actor) -> bool:
    """Look employers up."""
    return actor.role in (Role.FEDERATION, Role.TOWNSHIP, Role.AUDITOR)


def can_add(actor: Actor) -> bool:
    """Register an employer."""
    return actor.role in (Role.FEDERATION, Role.TOWNSHIP)


def can_edit(actor: Actor) -> bool:
    """Correct an employer: others rely on it, so the federation alone."""
    return actor.role is Role.FEDERATION

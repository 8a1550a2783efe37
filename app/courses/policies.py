"""Who may see and move classes, and who keeps the catalogue."""

from app.platform.access import Actor, Role

_READERS = (Role.FEDERATION, Role.PROVIDER, Role.TOWNSHIP, Role.AUDITOR, Role.SYSADMIN)


def can_see_catalogue(actor: Actor) -> bool:
    return actor.role in _READERS


def can_manage_catalogue(actor: Actor) -> bool:
    return actor.role is Role.FEDERATION


def can_list_classes(actor: Actor) -> bool:
    """Which classes, decides the scope of the query."""
    return actor.role in _READERS


def can_propose_classes(actor: Actor) -> bool:
    """A base proposes, plans, opens and starts its own classes."""
    return actor.role is Role.PROVIDER


def can_decide_classes(actor: Actor) -> bool:
    """The federation approves, returns, cancels and archives."""
    return actor.role is Role.FEDERATION


def can_enrol_others(actor: Actor) -> bool:
    """Who is led from the public page of a class to enrolling somebody else; enrolment decides itself."""
    return actor.role in (Role.TOWNSHIP, Role.PROVIDER, Role.FEDERATION)

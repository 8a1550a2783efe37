"""Who may look at what; auditors write findings only, a federation its plans."""

from app.platform.access import Actor, Role


def can_see_indicators(actor: Actor) -> bool:
    return actor.role in (Role.FEDERATION, Role.TOWNSHIP, Role.PROVIDER, Role.AUDITOR)


def can_see_diagnoses(actor: Actor) -> bool:
    """Category, residence, and why somebody left the cohort: not a base's, in no group, filter or file.

    A group of one category opens into names, so that even a choice of the category would tell it.
    """
    return actor.role in (Role.FEDERATION, Role.TOWNSHIP, Role.AUDITOR)


def can_see_targets(actor: Actor) -> bool:
    return actor.role in (Role.FEDERATION, Role.TOWNSHIP, Role.AUDITOR)


def can_set_targets(actor: Actor) -> bool:
    return actor.role is Role.FEDERATION


def can_see_events(actor: Actor) -> bool:
    return actor.role is Role.AUDITOR


def can_see_findings(actor: Actor) -> bool:
    return actor.role in (Role.AUDITOR, Role.FEDERATION)


def can_note_findings(actor: Actor) -> bool:
    return actor.role is Role.AUDITOR

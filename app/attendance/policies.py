"""Who may call the roll, see attendance, and decide about completion."""

from app.platform.access import Actor, Role


def can_call_rolls(actor: Actor) -> bool:
    """Staff of the base; whose class it is, decides the scope of the query."""
    return actor.role is Role.PROVIDER


def can_see_attendance(actor: Actor) -> bool:
    """A base its classes, a township its own people in them, the federation and auditors all."""
    return actor.role in (Role.PROVIDER, Role.FEDERATION, Role.TOWNSHIP, Role.AUDITOR)


def can_see_trainee_attendance(actor: Actor) -> bool:
    """Whoever sees attendance, and each trainee the own one."""
    return can_see_attendance(actor) or actor.role is Role.TRAINEE


def can_record_results(actor: Actor) -> bool:
    return actor.role is Role.PROVIDER


def can_propose_completions(actor: Actor) -> bool:
    return actor.role is Role.PROVIDER


def can_confirm_completions(actor: Actor) -> bool:
    return actor.role is Role.FEDERATION


def can_list_completions(actor: Actor) -> bool:
    """The federation that confirms, the base that hands in, auditors."""
    return actor.role in (Role.FEDERATION, Role.PROVIDER, Role.AUDITOR)

"""Who may apply, enrol others, see a roster and answer what trainees need."""

from app.courses.types import ClassState
from app.enrolment.models import Enrolment
from app.enrolment.types import EnrolmentState
from app.platform.access import Actor, Role


def can_apply(actor: Actor) -> bool:
    """Trainees apply for themselves."""
    return actor.role is Role.TRAINEE


def can_enrol_others(actor: Actor) -> bool:
    """An officer for a person of the own region, a base for someone whose certificate it holds in hand."""
    return actor.role in (Role.TOWNSHIP, Role.PROVIDER, Role.FEDERATION)


def can_see_rosters(actor: Actor) -> bool:
    """A base those of its classes, a township its own people on them, the federation and auditors all."""
    return actor.role in (Role.PROVIDER, Role.TOWNSHIP, Role.FEDERATION, Role.AUDITOR)


def can_see_enrolments(actor: Actor) -> bool:
    """Whoever sees rosters, and each trainee the own ones."""
    return can_see_rosters(actor) or can_apply(actor)


def can_see_diagnoses(actor: Actor) -> bool:
    """Category and grade stay with the federation and the township, and with who audits them."""
    return actor.role in (Role.FEDERATION, Role.TOWNSHIP, Role.AUDITOR)


def can_withdraw(actor: Actor) -> bool:
    """Everybody who could have enrolled the person."""
    return can_apply(actor) or can_enrol_others(actor)


def can_withdraw_from(actor: Actor, enrolment: Enrolment, class_state: ClassState) -> bool:
    """A live enrolment in a class that is not over."""
    return (
        can_withdraw(actor)
        and enrolment.state is not EnrolmentState.WITHDRAWN
        and class_state in (ClassState.ENROLLING, ClassState.RUNNING)
    )


def can_arrange_accommodations(actor: Actor) -> bool:
    """The base arranges what its trainees need."""
    return actor.role is Role.PROVIDER


def can_see_accommodations(actor: Actor) -> bool:
    """The base, and the federation that looks after it."""
    return actor.role in (Role.PROVIDER, Role.FEDERATION, Role.AUDITOR)

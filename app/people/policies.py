"""Who may read the register of persons, write it, merge records, and see one's own."""

from app.people.models import Person
from app.platform.access import Actor, Role


def can_read_register(actor: Actor) -> bool:
    """Offices within their region, auditors everywhere; never bases, judges or system administrators."""
    return actor.role in (Role.FEDERATION, Role.TOWNSHIP, Role.AUDITOR)


def can_write_register(actor: Actor) -> bool:
    """Register and change persons, show a number in full: the offices that serve them."""
    return actor.role in (Role.FEDERATION, Role.TOWNSHIP)


def can_merge_persons(actor: Actor) -> bool:
    """A merge cannot be undone: the federation decides."""
    return actor.role is Role.FEDERATION


def can_decide_account_requests(actor: Actor) -> bool:
    """The offices that know the person at the counter."""
    return can_write_register(actor)


def is_trainee(actor: Actor) -> bool:
    """Somebody with a record of their own."""
    return actor.role is Role.TRAINEE and actor.person_id is not None


def can_change(actor: Actor, person: Person) -> bool:
    """An office changes persons who live in its region."""
    return can_write_register(actor) and person.residence_code.startswith(actor.region_code or "-")

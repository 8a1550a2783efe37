"""Who may see, report, verify and follow up. Which rows is decided by the scope in `queries`."""

from collections.abc import Collection

from app.placement.models import EmploymentSpell, FollowUp
from app.placement.types import SpellState
from app.platform.access import Actor, Role


def can_see_follow_ups(actor: Actor) -> bool:
    return actor.role in (Role.FEDERATION, Role.TOWNSHIP, Role.AUDITOR)


def can_work_follow_ups(actor: Actor) -> bool:
    """Call, visit and record; also who is shown the telephone number."""
    return actor.role in (Role.FEDERATION, Role.TOWNSHIP)


def can_list_spells(actor: Actor) -> bool:
    return actor.role in (Role.FEDERATION, Role.TOWNSHIP, Role.AUDITOR, Role.PROVIDER)


def can_see_spells(actor: Actor) -> bool:
    """The list's readers, and the person whose work it is."""
    return can_list_spells(actor) or actor.role is Role.TRAINEE


def can_report_spells(actor: Actor) -> bool:
    return actor.role in (Role.FEDERATION, Role.TOWNSHIP, Role.PROVIDER)


def can_decide_spells(actor: Actor) -> bool:
    return actor.role is Role.FEDERATION


def is_trainee(actor: Actor) -> bool:
    return actor.role is Role.TRAINEE


def can_work(actor: Actor, follow_up: FollowUp) -> bool:
    """An open follow-up can be worked, a closed one is a record."""
    return can_work_follow_ups(actor) and follow_up.outcome is None


def can_decide(actor: Actor, spell: EmploymentSpell, contributor_ids: Collection[int]) -> bool:
    """Four eyes: not who reported, changed or documented it."""
    return (
        can_decide_spells(actor)
        and spell.state is SpellState.REPORTED
        and actor.account_id not in contributor_ids
    )


def can_add_evidence(actor: Actor, spell: EmploymentSpell) -> bool:
    """What was verified rests on its documents; a correction opens it again."""
    return can_report_spells(actor) and spell.state is not SpellState.VERIFIED


def can_end(actor: Actor, spell: EmploymentSpell) -> bool:
    return can_report_spells(actor) and spell.ended_on is None

"""Commands of the register of persons: the only writers of its rows."""

from app.people.services.accounts import (
    confirm_by_code,
    confirm_request,
    refuse_request,
    request_account,
    show_request_phone,
)
from app.people.services.merging import MergePlan, merge_persons, plan_merge
from app.people.services.records import (
    add_guardian,
    end_guardian,
    record_assessment,
    record_consent,
    record_yearly_check,
    withdraw_consent,
)
from app.people.services.register import (
    ShownNumber,
    add_certificate,
    change_person,
    register_family_member,
    register_person,
    show_number,
)

__all__ = [
    "MergePlan",
    "ShownNumber",
    "add_certificate",
    "add_guardian",
    "change_person",
    "confirm_by_code",
    "confirm_request",
    "end_guardian",
    "merge_persons",
    "plan_merge",
    "record_assessment",
    "record_consent",
    "record_yearly_check",
    "refuse_request",
    "register_family_member",
    "register_person",
    "request_account",
    "show_number",
    "show_request_phone",
    "withdraw_consent",
]

"""Numbers, transitions and what is printed."""

from datetime import date
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.certificates import policies
from app.certificates.rules import (
    COMPLETION_NUMBERS,
    check_issuable,
    check_transition,
    comparable_name,
    layout,
    printed_facts,
    qr_code,
    unprintable,
)
from app.certificates.types import CertificateState
from app.platform.access import Actor, Role
from app.platform.errors import DomainError, TransitionRefused


@given(year=st.integers(2000, 2999), serial=st.integers(1, 999_999_999))
def test_a_number_is_read_back_as_itself(year: int, serial: int) -> None:
    number = COMPLETION_NUMBERS.number(year=year, serial=serial)
    assert number.isascii()
    assert COMPLETION_NUMBERS.tidy(number) == number
    assert COMPLETION_NUMBERS.tidy(number.lower().replace("-", " — ")) == number


@given(
    first=st.tuples(st.integers(2000, 2999), st.integers(1, 999_999)),
    second=st.tuples(st.integers(2000, 2999), st.integers(1, 999_999)),
)
def test_numbers_of_different_certificates_differ(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    one, two = (
        COMPLETION_NUMBERS.number(year=year, serial=serial) for year, serial in (first, second)
    )
    assert (one == two) == (first == second)


@pytest.mark.parametrize(
    "typed",
    [
        "zx-2024-00042",
        "ZX202400042",
        "ＺＸ－２０２４－０００４２",
        " zx 2024 42 ",
        "ZX—2024—00042",
        "2024-00042",
        "ZX_2024_42",
    ],
)
def test_numbers_are_read_as_people_type_them(typed: str) -> None:
    assert COMPLETION_NUMBERS.tidy(typed) == "ZX-2024-00042"


@given(st.text())
def test_any_text_can_be_looked_for(text: str) -> None:
    tidied = COMPLETION_NUMBERS.tidy(text)
    assert "\0" not in tidied
    assert len(tidied) <= 40


def test_only_the_federation_revokes_and_only_what_is_valid() -> None:
    check_transition(CertificateState.VALID, CertificateState.REVOKED, Role.FEDERATION)
    for origin, target, role in (
        (CertificateState.REVOKED, CertificateState.VALID, Role.FEDERATION),
        (CertificateState.REVOKED, CertificateState.REVOKED, Role.FEDERATION),
        (CertificateState.VALID, CertificateState.REVOKED, Role.PROVIDER),
    ):
        with pytest.raises(TransitionRefused) as refused:
            check_transition(origin, target, role)
        assert (refused.value.origin, refused.value.target) == (origin, target)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"confirmed": False}, "确认"),
        ({"passed": False}, "未结业"),
        ({"has_valid_certificate": True}, "已有有效的证书"),
    ],
)
def test_why_no_certificate_is_issued(facts: dict[str, bool], says: str) -> None:
    good = {"confirmed": True, "passed": True, "has_valid_certificate": False}
    check_issuable(**good)
    with pytest.raises(DomainError, match=says):
        check_issuable(**(good | facts))


def test_an_unprintable_character_is_named() -> None:
    assert unprintable("姓名", "王芳", set()) == ""
    assert "“\ue000”（U+E000）" in unprintable("姓名", "王\ue000", {"\ue000"})


def test_names_are_compared_without_what_keyboards_differ_in() -> None:
    assert (
        comparable_name("买买提・吐尔逊")
        == comparable_name("买买提·吐尔逊")
        == comparable_name("买买提 • 吐尔逊")
    )
    assert comparable_name("王䶮") != comparable_name("王龑")


def test_the_snapshot_masks_the_identity_number_and_is_plain() -> None:
    snapshot = printed_facts(
        number="ZX-2024-00001",
        certificate_title="结业证书",
        name="王芳",
        citizen_number="210603198001010014",
        course="课程",
        class_number="B1",
        provider="基地",
        federation="残联",
        starts_on=date(2024, 3, 1),
        ends_on=date(2024, 3, 9),
        completed_on=date(2024, 3, 9),
        hours=40,
        assessed=False,
        issued_on=date(2024, 3, 10),
        verification_url="https://x.cn/verify/t",
        demo=False,
    )
    assert snapshot["identity_number"] == "210603********0014"
    assert "19800101" not in str(snapshot)
    assert layout(snapshot)["starts_on"] == "2024年3月1日"
    assert snapshot["watermark"] == ""


def test_the_qr_code_is_drawn_inside_the_document() -> None:
    assert qr_code("https://x.cn/verify/t").startswith("data:image/svg+xml")
    assert "<path" in unquote(qr_code("https://x.cn/verify/t"))


@pytest.mark.parametrize("role", list(Role))
def test_who_may(role: Role) -> None:
    actor = Actor(account_id=1, name="x", role=role)
    may = {
        policy.__name__
        for policy in vars(policies).values()
        if callable(policy) and _is_policy(policy, actor)
    }
    assert may == {
        Role.FEDERATION: {
            "can_issue", "can_list", "can_see_class", "can_open", "can_download", "can_download_revoked",
            "can_see_trainee_facts",
        },
        Role.AUDITOR: {
            "can_list", "can_see_class", "can_open", "can_download", "can_download_revoked", "can_see_trainee_facts",
        },
        Role.TOWNSHIP: {"can_list", "can_open", "can_see_trainee_facts"},
        Role.PROVIDER: {"can_list", "can_see_class", "can_open", "can_download"},
        Role.TRAINEE: {"can_open", "can_download", "can_see_trainee_facts", "is_trainee"},
        Role.SYSADMIN: {"can_see_trainee_facts"},
        Role.JUDGE: {"can_see_trainee_facts"},
    }[role]  # fmt: skip


def _is_policy(policy: object, actor: Actor) -> bool:
    return getattr(policy, "__module__", "") == policies.__name__ and bool(policy(actor))  # type: ignore[operator]

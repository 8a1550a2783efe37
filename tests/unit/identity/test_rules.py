"""Passwords, user names, codes, roles and addresses."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest

from app.identity import rules
from app.platform.access import Role

NOON = datetime(2024, 3, 1, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "password",
    [
        "Haikou-9981",
        "abcdWXYZ2468",
        "清晨的浪头镇很安静吗A1",
        "riverbank lantern quiet seven",
        "我每天早上六点去浪头镇的江边散步从不间断",
    ],
)
def test_good_passwords_pass(password: str) -> None:
    assert rules.password_fault(password, username="wangfang") is None


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("Ab1-xyz", "至少 10 位"),
        ("abcdefwxyz12", "四类中的三类"),
        ("ABCDEFWXYZ", "四类中的三类"),
        ("Aa1!Aa1!Aa1!"[:10] + "Aa", "重复"),
        ("WangFang-2024", "用户名"),
        ("13800000001aB", "手机号"),
        ("Password2024!", "常见"),
        ("P@ssw0rd123", "常见"),
        ("Zhenxing2024", "常见"),
        ("Qwertyuiop1", "常见"),
        ("1234567890aA", "常见"),
        ("Aa1-" + "x7Qp" * 40, "最多 128 位"),
    ],
)
def test_poor_passwords_are_refused_with_the_reason(password: str, reason: str) -> None:
    fault = rules.password_fault(password, username="wangfang", names=["王芳", "13800000001"])
    assert fault is not None
    assert reason in fault


def test_an_initial_password_obeys_the_rules_and_is_easy_to_read() -> None:
    for _ in range(200):
        password = rules.initial_password(secrets.choice)
        assert rules.password_fault(password, username="wangfang") is None
        assert not set(password) & set("0O1lIi")


@pytest.mark.parametrize("username", ["wangfang", "wang.fang", "王芳", "a_b", "x-2"])
def test_good_usernames_pass(username: str) -> None:
    assert rules.username_fault(username) is None


@pytest.mark.parametrize(
    "username", ["a", "a b c", "13800000001", "210603198001010014", "-abc", "x" * 41, "a'b"]
)
def test_usernames_that_are_unclear_or_personal_are_refused(username: str) -> None:
    assert rules.username_fault(username) is not None


def test_codes_wait_a_minute_and_five_are_a_days_worth() -> None:
    assert rules.next_code_at([], as_of=NOON) is None
    assert rules.next_code_at([NOON - timedelta(seconds=59)], as_of=NOON) == NOON + timedelta(
        seconds=1
    )
    assert rules.next_code_at([NOON - timedelta(seconds=60)], as_of=NOON) is None
    five = [NOON - timedelta(hours=hours) for hours in (1, 2, 3, 4, 5)]
    assert rules.next_code_at(five, as_of=NOON) == NOON + timedelta(hours=19)
    assert rules.next_code_at(five, as_of=NOON + timedelta(hours=19)) is None


def test_audit_is_kept_apart_from_what_it_audits() -> None:
    assert rules.role_conflict({Role.SYSADMIN}, Role.AUDITOR) is not None
    assert rules.role_conflict({Role.AUDITOR}, Role.FEDERATION) is not None
    assert rules.role_conflict({Role.FEDERATION}, Role.JUDGE) is None
    assert rules.role_conflict(set(), Role.AUDITOR) is None


@pytest.mark.parametrize("target", ["/classes/12?page=2", "/", "/verify?number=x"])
def test_a_path_of_this_site_may_follow_a_sign_in(target: str) -> None:
    assert rules.local_path(target) == target


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "classes",
        "/a\\b",
        "/a\r\nSet-Cookie: x=1",
    ],
)
def test_nothing_else_may(target: str | None) -> None:
    assert rules.local_path(target) is None

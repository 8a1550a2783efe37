"""What a stranger learns of a certificate, and what not."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from app.certificates import services
from app.people.models import Consent
from app.people.types import ConsentPurpose
from app.platform import clock
from app.platform.access import Role
from app.platform.db import db
from app.platform.limits import limiter
from tests import factories
from tests.integration.certificates.conftest import Issued
from tests.queries import count_queries

SignIn = Callable[..., FlaskClient]


def ask(client: FlaskClient, number: str, name: str) -> "tuple[int, str]":
    answer = client.submit("/verify", number=number, name=name)
    return answer.status_code, answer.text


def test_number_and_name_prove_a_certificate(client: FlaskClient, issued: Issued) -> None:
    certificate = issued(name="买买提·吐尔逊")
    typed = certificate.number.replace("-", "").lower()
    status, shown = ask(client, typed, " 买买提・吐尔逊 ")
    assert status == 200
    assert "证书有效" in shown
    facts = certificate.snapshot
    for part in (
        certificate.number,
        "买买提·吐尔逊",
        facts["course"],
        facts["provider"],
        "4 课时",
        "2024年3月11日",
    ):
        assert part in shown


def test_nothing_in_public_tells_the_identity_number(client: FlaskClient, issued: Issued) -> None:
    certificate = issued(name="王芳")
    number = certificate.person.citizen_number
    for shown in (
        ask(client, certificate.number, "王芳")[1],
        client.get(f"/verify/{certificate.verification_token}").text,
    ):
        assert "身份证" not in shown
        assert number[:14] not in shown
        assert number[-4:] not in shown
        assert number[6:14] not in shown


def test_the_qr_code_masks_the_name_unless_the_person_agreed(
    client: FlaskClient, issued: Issued
) -> None:
    certificate = issued(name="欧阳测试")
    path = f"/verify/{certificate.verification_token}"
    shown = client.get(path)
    assert shown.status_code == 200
    assert "欧阳测试" not in shown.text
    assert "欧**" in shown.text
    assert shown.headers["X-Robots-Tag"] == "noindex"
    consent = Consent(
        person_id=certificate.person_id,
        purpose=ConsentPurpose.PUBLIC_CERTIFICATE,
        wording="同意公开查验时显示姓名",
        given_at=datetime(2024, 1, 1, tzinfo=UTC),
        recorded_by_id=0,
    )
    db.session.add(consent)
    db.session.commit()
    assert "欧阳测试" in client.get(path).text
    consent.withdrawn_at = datetime(2024, 5, 1, tzinfo=UTC)
    db.session.commit()
    assert "欧阳测试" not in client.get(path).text


def test_a_revoked_certificate_is_told_plainly_with_the_day(
    client: FlaskClient, issued: Issued
) -> None:
    certificate = issued(name="王芳")
    # Late in the evening in UTC it is the next day in Shanghai.
    with clock.frozen(datetime(2024, 5, 1, 17, tzinfo=UTC)):
        services.revoke(
            actor=factories.actor(Role.FEDERATION), certificate=certificate, reason="内部原因不公开"
        )
    db.session.commit()
    for shown in (
        ask(client, certificate.number, "王芳")[1],
        client.get(f"/verify/{certificate.verification_token}").text,
    ):
        assert "证书已撤销" in shown
        assert "2024年5月2日" in shown
        assert "证书有效" not in shown
        assert "内部原因不公开" not in shown


def test_unknown_number_and_wrong_name_look_the_same(client: FlaskClient, issued: Issued) -> None:
    certificate = issued(name="王芳")
    revoked = issued(name="李平")
    services.revoke(
        actor=factories.actor(Role.FEDERATION), certificate=revoked, reason="复核发现出勤不足"
    )
    db.session.commit()
    pages, counts = [], []
    for number in (certificate.number, revoked.number, "ZX-1999-00001", "胡乱写的编号"):
        client.get("/verify")
        with count_queries() as counted:
            status, shown = ask(client, number, "冒名者")
        pages.append((status, _without_what_was_typed(shown)))
        counts.append(counted.count)
    assert pages[0][0] == 200
    assert "没有查到这张证书" in pages[0][1]
    assert len(set(pages)) == 1
    assert set(counts) == {1}
    with count_queries() as counted:
        assert "证书有效" in ask(client, certificate.number, "王芳")[1]
    assert counted.count == 1


def _without_what_was_typed(page: str) -> str:
    soup = BeautifulSoup(page, "html.parser")
    for field in soup.select("input"):
        del field["value"]
    return re.sub(r"nonce-[^\"']+", "", str(soup))


@pytest.mark.parametrize(
    "token", ["x", "A" * 22, "../../etc/passwd", "%00" * 16, "' OR 1=1 --", "王" * 20, "A" * 4000]
)
def test_a_garbage_token_is_an_unknown_certificate(client: FlaskClient, token: str) -> None:
    answer = client.get(f"/verify/{token}")
    assert answer.status_code == 404
    if "/" not in token:
        assert "没有查到这张证书" in answer.text


@pytest.mark.parametrize(
    ("number", "name", "says"),
    [
        ("", "王芳", "请填写证书编号"),
        ("ZX-2024-00001", "", "请填写持证人姓名"),
        ("Z" * 61, "王芳", "最多 60 个字"),
    ],
)
def test_an_incomplete_question_is_asked_again(
    client: FlaskClient, number: str, name: str, says: str
) -> None:
    status, shown = ask(client, number, name)
    assert status == 422
    assert says in shown
    assert f'value="{number or name}"' in shown


@pytest.mark.parametrize(
    ("number", "name"), [("\0", "\0"), ("ZX-2024-99999999999999999999", "%_%"), ("😀", "😀")]
)
def test_hostile_questions_are_answered_plainly(
    client: FlaskClient, number: str, name: str
) -> None:
    status, shown = ask(client, number, name)
    assert status in (200, 422)
    assert "证书有效" not in shown


def test_a_number_in_the_address_fills_the_form(client: FlaskClient) -> None:
    assert 'value="ZX-2024-00001"' in client.get("/verify?number=ZX-2024-00001").text
    assert client.get("/verify?number=%00").status_code == 200


def test_guessing_is_stopped(app: Flask, client: FlaskClient) -> None:
    app.config["RATELIMIT_ENABLED"] = True
    try:
        statuses = [ask(client, "ZX-2024-00001", f"甲{serial}")[0] for serial in range(21)]
        assert statuses == [200] * 20 + [429]
        assert client.get("/verify").status_code == 200
        stopped = client.post("/verify")
        assert stopped.status_code in (400, 429)
        assert [client.get("/verify/" + "A" * 22).status_code for _ in range(21)] == [404] * 20 + [
            429
        ]
    finally:
        app.config["RATELIMIT_ENABLED"] = False
        limiter.reset()

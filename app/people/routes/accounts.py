"""Opening an account: asked for in public, confirmed by code or at the counter."""

import base64
import binascii

from cryptography.exceptions import InvalidTag
from flask import current_app, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from app.people import policies, queries, services
from app.people.forms import AccountForm, CodeForm, ConfirmForm, RequestFilter
from app.people.routes import bp
from app.people.rules import CONSENT_WORDING, parse_certificate_number, parse_citizen_number
from app.people.types import AccountRequestState, ConsentPurpose
from app.platform import clock
from app.platform.access import current_actor, found, public, requires
from app.platform.crypto import FieldKeys
from app.platform.limits import limiter
from app.platform.pages import done, page, paginate
from app.platform.unit_of_work import unit_of_work

#: An office that registers a whole village from one address stays below it; trying numbers out does not.
_PER_ADDRESS = "20 per minute;100 per hour"
_SESSION_KEY = "registration"
_CITIZEN_LENGTH = 18
_WRONG_CODE = (
    "验证码不对或已失效，请核对短信里的 6 位数字。没有收到短信的，不用再试："
    "您的申请由镇街核对，镇街会联系您。"
)


@bp.route("/register", methods=["GET", "POST"])
@limiter.limit(_PER_ADDRESS, methods=["POST"])
@public
def register_account() -> ResponseReturnValue:
    """The wish for an account. The answer is the same whether there is such a person or not."""
    form = AccountForm()
    if form.validate_on_submit():
        with form.guard():
            parse = (
                parse_citizen_number
                if len(form.number.data) == _CITIZEN_LENGTH
                else parse_certificate_number
            )
            parse(form.number.data, as_of=clock.today(), field="number")
        if form.ok:
            for_family = bool(form.for_family.data)
            with form.guard(), unit_of_work():
                request_id = services.request_account(
                    number=form.number.data,
                    name=form.name.data,
                    phone=form.phone.data,
                    guardian_name=form.guardian_name.data if for_family else "",
                    guardian_relation=form.guardian_relation.data.label if for_family else "",
                )
        if form.ok:
            session[_SESSION_KEY] = _sealed(request_id)
            return redirect(url_for(".confirm_account"), 303)
    return page(
        "people/register_account.html", form=form, wording=CONSENT_WORDING[ConsentPurpose.TRAINING]
    )


@bp.route("/register/code", methods=["GET", "POST"])
@limiter.limit(_PER_ADDRESS, methods=["POST"])
@public
def confirm_account() -> ResponseReturnValue:
    """Enter the code from the text message, or read that the township will call."""
    if _SESSION_KEY not in session:
        return redirect(url_for(".register_account"), 303)
    form = CodeForm()
    if form.validate_on_submit():
        opened = False
        with form.guard(), unit_of_work():
            opened = services.confirm_by_code(
                request_id=_opened(session[_SESSION_KEY]),
                code=form.code.data,
                password=form.password.data,
            )
        if opened and form.ok:
            session.pop(_SESSION_KEY, None)
            return done(
                "账户已开通。请用手机号和刚设置的密码登录。",
                url_for("identity.sign_in"),
            )
        if form.ok:
            form.refuse(_WRONG_CODE, "code")
    return page("people/confirm_account.html", form=form)


def _sealed(request_id: int | None) -> str:
    """The key of a request for the cookie, of one length and unreadable, so that it tells nothing to its bearer."""
    keys: FieldKeys = current_app.extensions["qiming.field_keys"]
    return base64.urlsafe_b64encode(keys.encrypt(f"{request_id or 0:020d}")).decode()


def _opened(sealed: str) -> int | None:
    keys: FieldKeys = current_app.extensions["qiming.field_keys"]
    try:
        return int(keys.decrypt(base64.urlsafe_b64decode(sealed))) or None
    except (ValueError, KeyError, InvalidTag, binascii.Error):
        return None


# At the counter


@bp.get("/account-requests")
@requires(policies.can_decide_account_requests)
def account_requests() -> ResponseReturnValue:
    form = RequestFilter()
    state = AccountRequestState(form.state.data) if form.state.data else None
    if "state" not in request.args:
        state = AccountRequestState.WAITING
        form.state.data = state.value
    rows = paginate(queries.account_requests(viewer=current_actor(), state=state))
    shown = [queries.AccountRequestRow(*row) for row in rows.items]
    return page(
        "people/account_requests.html",
        filter=form,
        rows=rows,
        shown=shown,
        homes=queries.place_names(one.person.residence_code for one in shown),
    )


@bp.get("/account-requests/<int:request_id>")
@requires(policies.can_decide_account_requests)
def account_request(request_id: int) -> ResponseReturnValue:
    row = found(queries.find_account_request(viewer=current_actor(), request_id=request_id))
    return page(
        "people/account_request.html",
        form=ConfirmForm(),
        row=row,
        homes=queries.place_names([row.person.residence_code]),
    )


@bp.post("/account-requests/<int:request_id>/phone")
@requires(policies.can_decide_account_requests)
def show_request_phone(request_id: int) -> ResponseReturnValue:
    """The telephone to call: asked for on purpose and logged."""
    row = found(queries.find_account_request(viewer=current_actor(), request_id=request_id))
    with unit_of_work():
        phone = services.show_request_phone(actor=current_actor(), request=row.request)
    html, status = page("people/request_phone.html", row=row, phone=phone)
    return html, status, {"Cache-Control": "no-store"}


@bp.post("/account-requests/<int:request_id>/confirm")
@requires(policies.can_decide_account_requests)
def confirm_request(request_id: int) -> ResponseReturnValue:
    """Open the account; the initial password stands on the answer once and is kept nowhere."""
    row = found(queries.find_account_request(viewer=current_actor(), request_id=request_id))
    with unit_of_work():
        password = services.confirm_request(actor=current_actor(), request=row.request)
    html, status = page("people/account_opened.html", row=row, password=password)
    return html, status, {"Cache-Control": "no-store"}


@bp.post("/account-requests/<int:request_id>/refuse")
@requires(policies.can_decide_account_requests)
def refuse_request(request_id: int) -> ResponseReturnValue:
    row = found(queries.find_account_request(viewer=current_actor(), request_id=request_id))
    with unit_of_work():
        services.refuse_request(actor=current_actor(), request=row.request)
    return done("申请未通过，账户没有开通。", url_for(".account_requests"))

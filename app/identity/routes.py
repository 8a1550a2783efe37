"""Sign-in, one's own account, and the administration of accounts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, current_app, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user

from app.identity import policies, queries, services
from app.identity.forms import (
    AccountFilter,
    AccountForm,
    ChangePasswordForm,
    ConfirmForm,
    ForgottenForm,
    GrantForm,
    ProviderGrantForm,
    RegionGrantForm,
    ResetByCodeForm,
    RoleChoice,
    RoleForm,
    SignInForm,
    TraineeGrantForm,
)
from app.identity.models import Account
from app.identity.rules import local_path
from app.identity.types import (
    AccountState,
    CodePurpose,
    CodeResult,
    LockOut,
    Refused,
    SignInRefusal,
)
from app.platform import clock, eventlog, pages
from app.platform.access import (
    Actor,
    Role,
    anyone_signed_in,
    current_actor,
    found,
    public,
    requires,
)
from app.platform.errors import DomainError
from app.platform.formats import clock_time, date_zh, masked_name
from app.platform.limits import limiter
from app.platform.pages import (
    Sort,
    Standing,
    Task,
    done,
    page,
    paginate,
)
from app.platform.sheets import Column
from app.platform.unit_of_work import unit_of_work
from app.regions.queries import federation_choices, township_choices

bp = Blueprint("identity", __name__)

#: Requests of one address; the lock-out, which is in the database, does not depend on them.
_GUESSES_PER_ADDRESS = "30/minute;300/hour"
_CODES_PER_ADDRESS = "10/minute;60/hour"


# Sign-in


@bp.route("/sign-in", methods=["GET", "POST"])
@public
@limiter.limit(_GUESSES_PER_ADDRESS, methods=["POST"])
def sign_in() -> ResponseReturnValue:
    """Name and password (登录)."""
    wanted = local_path(request.args.get("next"))
    if current_user.is_authenticated and request.method == "GET":
        return redirect(wanted or url_for("pages.start"), 303)
    form = SignInForm()
    if form.validate_on_submit():
        with unit_of_work():
            result = services.sign_in(
                username=form.username.data, password=form.password.data, lock_out=_lock_out()
            )
        if not isinstance(result, Refused):
            _begin_session(result.token)
            if result.grants > 1:
                return redirect(url_for("identity.switch_role", next=wanted), 303)
            return redirect(wanted or url_for("pages.start"), 303)
        form.refuse(_why(result))
    return page("identity/sign_in.html", form=form, wanted=wanted)


def _lock_out() -> LockOut:
    config = current_app.config
    return LockOut(config["LOCKOUT_FAILURES"], timedelta(minutes=config["LOCKOUT_MINUTES"]))


def _why(refused: Refused) -> str:
    if refused.reason is SignInRefusal.LOCKED and refused.until is not None:
        return f"登录失败次数太多，为保护账户，{_until(refused.until)}之前不能登录。急需使用请联系系统管理员。"
    if refused.reason is SignInRefusal.NO_ROLE:
        return "这个账户现在没有可用的身份，请联系系统管理员。"
    return "用户名或密码不对，请核对后重新填写。注意区分大小写。"


def _until(moment: datetime) -> str:
    same_day = moment.astimezone(clock.SHANGHAI).date() == clock.today()
    return f"{'' if same_day else date_zh(moment, weekday=False) + ' '}{clock_time(moment)} "


def _begin_session(token: str) -> None:
    """A session of its own: nothing that was put into the cookie before signing in survives."""
    session.clear()
    session.permanent = True
    login_user(queries.load_signed_in(token))


@bp.post("/sign-out")
@requires(anyone_signed_in)
def sign_out() -> ResponseReturnValue:
    """Leave on this device (退出)."""
    with unit_of_work():
        services.sign_out(actor=current_actor())
    return _leave("您已退出。")


@bp.post("/sign-out-everywhere")
@requires(anyone_signed_in)
def sign_out_everywhere() -> ResponseReturnValue:
    """Leave on all devices (退出所有设备)."""
    with unit_of_work():
        services.sign_out_everywhere(actor=current_actor())
    return _leave("您已在所有设备上退出。")


def _leave(message: str) -> ResponseReturnValue:
    logout_user()
    session.clear()
    return done(message, url_for("identity.sign_in"))


@bp.post("/session/extend")
@requires(anyone_signed_in)
def extend() -> ResponseReturnValue:
    """Go on: the answer renews the cookie, as any does."""
    return "", 204


@bp.before_app_request
def ask_for_a_password_of_ones_own() -> ResponseReturnValue | None:
    """Whoever signed in with an initial password changes it before anything else."""
    if (
        request.endpoint is None
        or request.endpoint in _BEFORE_CHANGE
        or request.endpoint.endswith("static")
    ):
        return None
    if current_user.is_authenticated and current_user.must_change_password:
        return redirect(url_for("identity.change_password"), 303)
    return None


_BEFORE_CHANGE = frozenset(
    {
        "identity.change_password",
        "identity.sign_out",
        "identity.sign_out_everywhere",
        "identity.extend",
    }
)


@bp.route("/switch-role", methods=["GET", "POST"])
@requires(anyone_signed_in)
def switch_role() -> ResponseReturnValue:
    """Choose among one's roles (切换身份)."""
    actor = current_actor()
    wanted = local_path(request.args.get("next"))
    form = RoleForm(grant=actor.grant_id)
    form.grant.choices = [(grant.id, grant.title) for grant in queries.grants_of(actor.account_id)]
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            token = services.switch_role(actor=actor, grant_id=form.grant.data)
        if form.ok:
            _begin_session(token)
            return redirect(wanted or url_for("pages.start"), 303)
    return page("identity/switch_role.html", form=form)


# One's own account


@bp.get("/account")
@requires(anyone_signed_in)
def account() -> ResponseReturnValue:
    """One's own account (我的账户)."""
    actor = current_actor()
    own = found(queries.find_account(actor.account_id))
    return page(
        "identity/account.html",
        account=own,
        grants=queries.grants_of(own.id),
        grant_id=actor.grant_id,
        history=_history(own, limit=20),
    )


@bp.route("/account/password", methods=["GET", "POST"])
@requires(anyone_signed_in)
@limiter.limit(_GUESSES_PER_ADDRESS, methods=["POST"])
def change_password() -> ResponseReturnValue:
    """Change one's own password; the first thing after signing in with an initial one."""
    form = ChangePasswordForm()
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            token = services.change_own_password(
                actor=current_actor(), present=form.present.data, new=form.password.data
            )
        if form.ok:
            _begin_session(token)
            return done("密码已修改，其他设备上的登录已失效。", url_for("pages.start"))
    return page(
        "identity/change_password.html", form=form, initial=current_user.must_change_password
    )


@bp.route("/forgot-password", methods=["GET", "POST"])
@public
@limiter.limit(_CODES_PER_ADDRESS, methods=["POST"])
def forgot_password() -> ResponseReturnValue:
    """A trainee who forgot the password asks for a code (忘记密码)."""
    form = ForgottenForm()
    if form.validate_on_submit():
        username = form.username.data
        _send_reset_code(username, form.phone.data)
        session["reset_username"] = username
        return redirect(url_for("identity.reset_by_code"), 303)
    return page("identity/forgot_password.html", form=form)


def _send_reset_code(username: str, phone: str) -> None:
    """Send a code where name and telephone fit; the user is told the same whether they do."""
    owner = _trainee(username)
    if owner is None or owner.phone != phone:
        return
    try:
        with unit_of_work():
            services.issue_code(account=owner, purpose=CodePurpose.PASSWORD_RESET, phone=phone)
    except DomainError:
        # Too soon: the code sent before still counts, and saying so would tell that the account exists.
        return


def _trainee(username: str) -> Account | None:
    owner = queries.find_for_sign_in(username)
    if owner is None or not owner.is_active or queries.live_roles(owner.id) != {Role.TRAINEE}:
        return None
    return owner


@bp.route("/forgot-password/code", methods=["GET", "POST"])
@public
@limiter.limit(_CODES_PER_ADDRESS, methods=["POST"])
def reset_by_code() -> ResponseReturnValue:
    """The code and the new password."""
    username = session.get("reset_username")
    if username is None:
        return redirect(url_for("identity.forgot_password"), 303)
    form = ResetByCodeForm()
    if form.validate_on_submit():
        owner = _trainee(username)
        result = CodeResult.WRONG
        with form.guard(), unit_of_work():
            if owner is not None:
                result = services.reset_password_by_code(
                    account=owner, code=form.code.data, password=form.password.data
                )
        if form.ok and result is not CodeResult.OK:
            # The same words for each reason, and for an account that does not exist.
            form.refuse("验证码不对或已失效，请核对短信里的 6 位数字，或者重新获取。", "code")
        if form.ok:
            session.clear()
            return done("密码已重设，请用新密码登录。", url_for("identity.sign_in"))
    return page("identity/reset_by_code.html", form=form)


# Administration


@bp.get("/accounts")
@requires(policies.can_administer_accounts)
def accounts() -> ResponseReturnValue:
    """All accounts (账户)."""
    filter_form, sort, statement = _listing()
    shown = paginate(sort.apply(statement, then=Account.id))
    return page("identity/accounts.html", filter=filter_form, sort=sort, page=shown, named=_named)


def _listing() -> tuple[AccountFilter, Sort, Any]:
    filter_form = AccountFilter()
    sort = Sort.from_query(
        {
            "username": Account.username,
            "created_at": Account.created_at,
            "last_sign_in_at": Account.last_sign_in_at,
        },
        "username",
    )
    statement = queries.account_rows(
        as_of=clock.now(),
        words=filter_form.words.data,
        role=filter_form.role.data,
        state=filter_form.state.data,
    )
    return filter_form, sort, statement


@dataclass(frozen=True)
class _Named:
    """A row of the list in words."""

    name: str
    roles: str
    state: AccountState
    tone: str


_TONES = {
    AccountState.ACTIVE: "good",
    AccountState.LOCKED: "bad",
    AccountState.INITIAL: "warn",
    AccountState.UNCONFIRMED: "warn",
    AccountState.CLOSED: "quiet",
}


def _named(row: Any) -> _Named:
    roles = sorted((Role(role) for role in row.roles or ()), key=list(Role).index)
    state = AccountState(row.state)
    return _Named(
        masked_name(row.display_name) if row.is_a_persons else row.display_name,
        "、".join(role.label for role in roles),
        state,
        _TONES[state],
    )


@bp.get("/accounts/export")
@requires(policies.can_administer_accounts)
def export_accounts() -> ResponseReturnValue:
    """The list as a workbook."""
    _, sort, statement = _listing()
    rows = pages.every(sort.apply(statement, then=Account.id))
    columns = [
        Column("用户名", 20),
        Column("姓名", 16),
        Column("身份", 30),
        Column("状态"),
        Column("最近登录", 20),
    ]
    return pages.export(
        "账户",
        columns,
        (
            (row.username, named.name, named.roles, named.state, row.last_sign_in_at)
            for row in rows
            for named in [_named(row)]
        ),
    )


@bp.route("/accounts/new", methods=["GET", "POST"])
@requires(policies.can_administer_accounts)
def new_account() -> ResponseReturnValue:
    """Open an account (新建账户)."""
    form = AccountForm()
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            opened = services.create_account(
                actor=current_actor(),
                username=form.username.data,
                display_name=form.display_name.data,
                phone=form.phone.data,
            )
            password = services.set_initial_password(actor=current_actor(), account=opened)
        if form.ok:
            return _initial_password(opened, password, "账户已开立")
    return page("identity/new_account.html", form=form)


def _initial_password(account: Account, password: str, title: str) -> ResponseReturnValue:
    """Show a password this once. NOTE: not after a redirect, which would have to carry it somewhere."""
    return page("identity/initial_password.html", account=account, password=password, heading=title)


@bp.get("/accounts/<int:account_id>")
@requires(policies.can_administer_accounts)
def show_account(account_id: int) -> ResponseReturnValue:
    """One account, its roles and what happened to it."""
    shown = found(queries.find_account(account_id))
    grants = queries.grants_of(shown.id, revoked=True)
    locked = queries.locked_until(shown.id, as_of=clock.now())
    return page(
        "identity/show_account.html",
        account=shown,
        name=masked_name(shown.display_name)
        if queries.is_a_persons(shown.id)
        else shown.display_name,
        grants=grants,
        locked_until=locked,
        own=shown.id == current_actor().account_id,
        history=_history(shown),
    )


def _history(shown: Account, *, limit: int = 50) -> list[eventlog.Entry]:
    """What happened to an account; its owner's name, which the administrator may not see, is left out."""
    return [
        eventlog.Entry(
            event.at,
            "" if event.account_id == shown.id else event.who,
            event.what,
            Role(event.detail["role"]).label if "role" in event.detail else "",
        )
        for event in eventlog.history_of(shown, limit=limit)
    ]


@bp.route("/accounts/<int:account_id>/grants/new", methods=["GET", "POST"])
@requires(policies.can_administer_accounts)
def grant_role(account_id: int) -> ResponseReturnValue:
    """Grant a role: choose it, then its scope (授予身份)."""
    shown = found(queries.find_account(account_id))
    choice = RoleChoice()
    role = choice.role.data
    if role is None or not choice.ok:
        return page("identity/choose_role.html", form=choice, account=shown)
    form = _grant_form(role)
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.grant_role(actor=current_actor(), account=shown, role=role, **_scope(form))
        if form.ok:
            return done(
                f"已授予{role.label}身份。", url_for("identity.show_account", account_id=shown.id)
            )
    return page("identity/grant_role.html", form=form, account=shown, role=role)


def _grant_form(role: Role) -> GrantForm:
    if role is Role.FEDERATION:
        form = RegionGrantForm()
        form.region_code.choices = [
            (code, f"{name}（{code}）") for code, name in federation_choices()
        ]
        return form
    if role is Role.TOWNSHIP:
        form = RegionGrantForm()
        form.region_code.choices = township_choices(current_app.config["DISTRICT_CODE"])
        return form
    if role is Role.PROVIDER:
        source = queries.scope_source(role)
        provider_form = ProviderGrantForm()
        provider_form.provider_id.choices = (
            list(source.choices()) if source and source.choices else []
        )
        return provider_form
    return TraineeGrantForm() if role is Role.TRAINEE else GrantForm()


def _scope(form: GrantForm) -> dict[str, Any]:
    """Scope as the service takes it. Raises DomainError for a trainee who is not in the register."""
    if isinstance(form, RegionGrantForm):
        return {"region_code": form.region_code.data}
    if isinstance(form, ProviderGrantForm):
        return {"provider_id": form.provider_id.data}
    if isinstance(form, TraineeGrantForm):
        source = queries.scope_source(Role.TRAINEE)
        number = form.number.data.replace(" ", "").upper()
        person_id = source.find(number, form.name.data) if source and source.find else None
        if person_id is None:
            raise DomainError("登记册里没有这个残疾人证号和姓名，请核对。", "number")
        return {"person_id": person_id}
    return {}


@bp.route("/accounts/<int:account_id>/grants/<int:grant_id>/revoke", methods=["GET", "POST"])
@requires(policies.can_administer_accounts)
def revoke_role(account_id: int, grant_id: int) -> ResponseReturnValue:
    """Take a role back (撤销身份)."""
    shown = found(queries.find_account(account_id))
    grant = found(next((one for one in queries.grants_of(shown.id) if one.id == grant_id), None))
    return _confirmed(
        shown,
        lambda actor: services.revoke_role(actor=actor, account=shown, grant_id=grant_id),
        title="撤销身份",
        text=f"撤销“{grant.title}”后，{shown.username} 立即不能再用这个身份，以往的记录不变。",
        submit="撤销身份",
        told="身份已撤销。",
    )


@bp.route("/accounts/<int:account_id>/close", methods=["GET", "POST"])
@requires(policies.can_administer_accounts)
def close_account(account_id: int) -> ResponseReturnValue:
    """Close an account (关闭账户)."""
    shown = found(queries.find_account(account_id))
    return _confirmed(
        shown,
        lambda actor: services.close_account(actor=actor, account=shown),
        title="关闭账户",
        text=f"关闭后，{shown.username} 立即退出所有设备，不能再登录。账户和以往的记录都会保留，需要时可以重新启用。",
        submit="关闭账户",
        told="账户已关闭。",
    )


@bp.post("/accounts/<int:account_id>/reopen")
@requires(policies.can_administer_accounts)
def reopen_account(account_id: int) -> ResponseReturnValue:
    """Let a closed account be used again (重新启用)."""
    shown = found(queries.find_account(account_id))
    with unit_of_work():
        services.reopen_account(actor=current_actor(), account=shown)
    return done("账户已重新启用。", url_for("identity.show_account", account_id=shown.id))


@bp.post("/accounts/<int:account_id>/unlock")
@requires(policies.can_administer_accounts)
def unlock_account(account_id: int) -> ResponseReturnValue:
    """End a lock-out (解除锁定)."""
    shown = found(queries.find_account(account_id))
    with unit_of_work():
        services.unlock_account(actor=current_actor(), account=shown)
    return done("已解除锁定，可以重新登录。", url_for("identity.show_account", account_id=shown.id))


@bp.route("/accounts/<int:account_id>/reset-password", methods=["GET", "POST"])
@requires(policies.can_administer_accounts)
def reset_password(account_id: int) -> ResponseReturnValue:
    """Replace a password by an initial one, shown once (重设密码)."""
    shown = found(queries.find_account(account_id))
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            password = services.set_initial_password(actor=current_actor(), account=shown)
        if form.ok:
            return _initial_password(shown, password, "密码已重设")
    return page(
        "identity/confirm.html",
        form=form,
        account=shown,
        heading="重设密码",
        text=f"系统会为 {shown.username} 生成新的初始密码，只显示一次。原来的密码立即失效，所有设备都会退出。",
        submit="重设密码",
    )


def _confirmed(
    shown: Account, act: Callable[[Actor], None], *, title: str, text: str, submit: str, told: str
) -> ResponseReturnValue:
    """A page that says what will happen, and does it."""
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            act(current_actor())
        if form.ok:
            return done(told, url_for("identity.show_account", account_id=shown.id))
    return page(
        "identity/confirm.html", form=form, account=shown, heading=title, text=text, submit=submit
    )


def tasks(actor: Actor) -> Iterator[Task | Standing]:
    """What an administrator looks after: accounts that wait for something, messages that did not go out."""
    if not policies.can_administer_accounts(actor):
        return
    counts = queries.account_counts(clock.now())
    for state, label in (
        (AccountState.LOCKED, "账户被锁定"),
        (AccountState.INITIAL, "账户还没有修改初始密码"),
    ):
        yield Task(counts.get(state, 0), label, "identity.accounts", {"state": state.value})
    yield Standing("账户", str(sum(counts.values())), "identity.accounts")

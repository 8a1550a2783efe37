"""What every page needs: rendering, redirects, lists in pages, the start page, exports, headers, error pages."""

import hashlib
import io
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, IntEnum
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_bootstrap import Bootstrap5
from flask_login import current_user
from flask_talisman import Talisman
from flask_wtf.csrf import CSRFError, CSRFProtect
from jinja2 import StrictUndefined
from markupsafe import Markup
from sqlalchemy import ColumnElement, Select, bindparam, func, select
from sqlalchemy.engine import Result
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, Map

from app.platform import clock, eventlog
from app.platform.access import Actor, anyone_signed_in, current_actor, public, requires
from app.platform.db import db
from app.platform.errors import DomainError, NotAllowed
from app.platform.formats import FILTERS
from app.platform.forms import BaseForm
from app.platform.sheets import Column, Sheet, notes_sheet, workbook
from app.platform.unit_of_work import unit_of_work

T = TypeVar("T")

#: Rows on one page of a list.
PER_PAGE = 25

#: Nobody turns that many; a higher number in an address would not fit into an OFFSET.
_MOST_PAGES = 1_000_000

bp = Blueprint("pages", __name__)
_csrf = CSRFProtect()


# Answers


def page(template: str, **context: Any) -> tuple[str, int]:
    """The page; 422 when a form in the context has errors, which the title then says first."""
    wrong = any(isinstance(value, BaseForm) and not value.ok for value in context.values())
    return render_template(template, has_errors=wrong, **context), 422 if wrong else 200


def done(message: str, url: str) -> Response:
    """Say what was done, and go where the user goes on."""
    flash(message, "good")
    return redirect(url, 303)  # type: ignore[return-value]


# Lists


@dataclass(frozen=True)
class Page(Generic[T]):
    """A slice of a list; `number` counts from 1."""

    items: Sequence[T]
    total: int
    number: int
    per_page: int = PER_PAGE

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.per_page))

    @property
    def first(self) -> int:
        """Position of the first row shown, 0 when there is none."""
        return (self.number - 1) * self.per_page + 1 if self.total else 0

    @property
    def last(self) -> int:
        return self.first + len(self.items) - 1 if self.total else 0

    @property
    def numbers(self) -> list[int | None]:
        """Page numbers to link to: the ends and those near this one, None for a gap."""
        near = {1, self.pages, *range(self.number - 1, self.number + 2)}
        shown: list[int | None] = []
        for number in range(1, self.pages + 1):
            if number in near:
                shown.append(number)
            elif shown[-1] is not None:
                shown.append(None)
        return shown


def paginate(
    statement: Select[Any], *, page: int | None = None, per_page: int = PER_PAGE
) -> Page[Any]:
    """Count, and read one page; a number beyond the end means the last page.

    `page` comes from the address when None. Rows of one entity are given as the entity.

    NOTE: one query, with the count as a column of each row, since a round trip costs more than the rows; a second one
    only where the page asked for is empty. Not `count(*) OVER ()`, which would read every row to its full width.
    """
    wanted = page if page is not None else request.args.get("page", 1, int)
    number = min(max(wanted, 1), _MOST_PAGES)
    counted, count, kind = _counted(statement)
    items, total = _slice(counted, kind, number, per_page)
    if not items and number > 1:
        number = max(1, -(-(db.session.scalar(count) or 0) // per_page))
        items, total = _slice(counted, kind, number, per_page)
    return Page(items, total, number, per_page)


class _Kind(Enum):
    """What the rows of a list are."""

    ONE = "one entity or column each"
    COLUMNS = "several columns"
    MIXED = "entities and columns"


def every(statement: Select[Any]) -> Sequence[Any]:
    """All rows of a list, as `paginate` gives those of one page: for its export."""
    result = db.session.execute(statement)
    return result.scalars().all() if len(result.keys()) == 1 else result.all()


@lru_cache(maxsize=256)
def _counted(statement: Select[Any]) -> tuple[Select[Any], Select[Any], _Kind]:
    """A page of the statement with the total as last column, the total alone, and what its rows are.

    Remembered by identity: for a list that keeps its statement, SQLAlchemy then finds the SQL of it at once, which
    otherwise costs as much as running it.
    """
    count = select(func.count()).select_from(statement.order_by(None).subquery())
    page = statement.add_columns(count.scalar_subquery())
    described = statement.column_descriptions
    kind = _Kind.ONE if len(described) == 1 else _Kind.COLUMNS
    if kind is _Kind.COLUMNS and any(one["expr"] is one.get("entity") for one in described):
        kind = _Kind.MIXED
    return page.limit(bindparam("page_size")).offset(bindparam("page_offset")), count, kind


def _slice(
    counted: Select[Any], kind: _Kind, number: int, per_page: int
) -> tuple[Sequence[Any], int]:
    """Rows without the total at their end, and the total."""
    place = {"page_size": per_page, "page_offset": (number - 1) * per_page}
    # Plain columns not through the ORM, which has nothing to add to them and takes as long as all the rest.
    run = db.session.connection().execute if kind is _Kind.COLUMNS else db.session.execute
    result: Result[Any] = run(counted, place)
    rows = (result.unique() if kind is _Kind.ONE else result).all()
    total = rows[0][-1] if rows else 0
    if kind is _Kind.ONE:
        return [row[0] for row in rows], total
    line = _line(tuple(result.keys())[:-1])
    return [line(*row[:-1]) for row in rows], total


@lru_cache(maxsize=256)
def _line(names: tuple[str, ...]) -> Any:
    """A row as a named tuple, whose columns a template reads faster than those of SQLAlchemy's own."""
    return namedtuple("Line", names, rename=True)


def listed(items: Sequence[T], *, page: int | None = None, per_page: int = PER_PAGE) -> Page[T]:
    """The same for a list that is in memory already."""
    wanted = page if page is not None else request.args.get("page", 1, int)
    number = min(max(wanted, 1), max(1, -(-len(items) // per_page)))
    return Page(items[(number - 1) * per_page : number * per_page], len(items), number, per_page)


def query_url(**changes: Any) -> str:
    """This address with parts of its query changed; None takes a part out. The page is forgotten unless given."""
    args = request.args.to_dict(flat=False)
    args.pop("page", None)
    for name, value in changes.items():
        if value is None:
            args.pop(name, None)
        else:
            args[name] = [str(value)]
    query = urlencode(args, doseq=True)
    return f"{request.path}?{query}" if query else request.path


@dataclass(frozen=True)
class Sort:
    """Order of a list as its address asks for it: `?sort=starts_on`, descending `?sort=-starts_on`."""

    columns: Mapping[str, ColumnElement[Any] | Any]
    key: str
    descending: bool

    @classmethod
    def from_query(cls, columns: Mapping[str, Any], default: str) -> "Sort":
        """`default` is a key of `columns`, with `-` before it for descending."""
        asked = request.args.get("sort", default)
        if asked.lstrip("-") not in columns:
            asked = default
        return cls(columns, asked.lstrip("-"), asked.startswith("-"))

    def apply(self, statement: Select[Any], *, then: Any = None) -> Select[Any]:
        """Order the statement; `then` is the unique tie-breaker that keeps pages stable."""
        column = self.columns[self.key]
        ordered = statement.order_by(column.desc() if self.descending else column.asc())
        return ordered if then is None else ordered.order_by(then)

    def aria(self, key: str) -> str | None:
        """Value of `aria-sort` for a heading."""
        if key != self.key:
            return None
        return "descending" if self.descending else "ascending"

    def url(self, key: str) -> str:
        """Address that sorts by `key`, the other way round when it is sorted by it already."""
        return query_url(sort=f"-{key}" if key == self.key and not self.descending else key)


# The start page


class Urgency(IntEnum):
    """How soon a task has to be done; the lower the sooner."""

    OVERDUE = 0
    TODAY = 1
    SOON = 2
    ROUTINE = 3


@dataclass(frozen=True)
class Task:
    """Something waiting to be done today, and the list that shows it.

    Example: Task(5, "开班申请等待审批", "courses.index", {"state": "submitted"}, note="最早的一份已等待 3 天")
    """

    count: int
    label: str
    endpoint: str
    args: Mapping[str, Any] = field(default_factory=dict)
    due: date | None = None
    urgency: Urgency | None = None
    note: str = ""

    @property
    def url(self) -> str:
        return url_for(self.endpoint, **self.args)

    def urgency_on(self, today: date) -> Urgency:
        """As given, else reckoned from the date it is due."""
        if self.urgency is not None:
            return self.urgency
        if self.due is None:
            return Urgency.ROUTINE
        if self.due < today:
            return Urgency.OVERDUE
        if self.due == today:
            return Urgency.TODAY
        return Urgency.SOON if (self.due - today).days <= 7 else Urgency.ROUTINE


@dataclass(frozen=True)
class Standing:
    """Something a role looks after: a figure with the list behind it. `figure` is text: "98.6 %", "37"."""

    label: str
    figure: str
    endpoint: str
    args: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""

    @property
    def url(self) -> str:
        return url_for(self.endpoint, **self.args)


TaskSource = Callable[[Actor], Iterable[Task | Standing]]
_sources: list[TaskSource] = []


def register_tasks(source: TaskSource) -> TaskSource:
    """Let a capability put its tasks and standings on the start page; usable as a decorator.

    The source is called with the actor, looks at the role, and yields nothing for the others. A Task with
    count 0 is left out.
    """
    if source not in _sources:
        _sources.append(source)
    return source


@bp.get("/start")
@requires(anyone_signed_in)
def start() -> ResponseReturnValue:
    """What this role has to do today, most urgent first, then what it looks after."""
    actor, today = current_actor(), clock.today()
    found = [one for source in _sources for one in source(actor)]
    tasks = [task for task in found if isinstance(task, Task) and task.count]
    tasks.sort(key=lambda task: (task.urgency_on(today), task.due or date.max))
    return page(
        "platform/start.html",
        tasks=tasks,
        standings=[one for one in found if isinstance(one, Standing)],
        today=today,
        overdue=sum(task.urgency_on(today) is Urgency.OVERDUE for task in tasks),
    )


# Pages of the site itself


@bp.get("/healthz")
@public
def healthy() -> ResponseReturnValue:
    """For whoever watches the service: 200 when the web and its database answer."""
    db.session.execute(select(1))
    return {"status": "ok"}


@bp.get("/accessibility")
@public
def accessibility() -> ResponseReturnValue:
    """The accessibility statement (无障碍声明)."""
    return page("platform/accessibility.html")


@bp.get("/help")
@public
def help_page() -> ResponseReturnValue:
    """How to use the site (使用帮助)."""
    return page("platform/help.html")


@bp.get("/privacy")
@public
def privacy() -> ResponseReturnValue:
    """What is kept of a person, and why (个人信息保护)."""
    return page("platform/privacy.html")


# Excel


def xlsx_response(
    filename: str,
    columns: Sequence[Column | str],
    rows: Iterable[Sequence[Any]],
    *,
    notes: Sequence[str] = (),
) -> Response:
    """A workbook for download. `notes` (definition, filter, date) stand on a second sheet."""
    described = [column if isinstance(column, Column) else Column(column) for column in columns]
    sheets = [Sheet("数据", described, rows)]
    if notes:
        sheets.append(notes_sheet(notes))
    return workbook_response(filename, workbook(sheets))


def export(
    title: str,
    columns: Sequence[Column | str],
    rows: Iterable[Sequence[Any]],
    *,
    notes: Sequence[str] = (),
) -> Response:
    """A list for download. That it was taken is logged, since a file travels further than a page."""
    answer = xlsx_response(title, columns, rows, notes=notes)
    log_export(title)
    return answer


def log_export(title: str) -> None:
    """Log that the signed-in actor took a file; after its rows were read, since the log ends their transaction."""
    with unit_of_work():
        eventlog.record(actor=current_actor(), action="list.exported", detail={"list": title})


def workbook_response(filename: str, content: io.BytesIO) -> Response:
    """A finished workbook for download."""
    name = filename if filename.endswith(".xlsx") else f"{filename}.xlsx"
    return send_file(
        content,
        mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        as_attachment=True,
        download_name=name,
        max_age=0,
    )


# Marks: drawn here and not by macros since a list draws one a row, and always the same few

_STROKES = {
    "good": "M4 10.5l4 4 8-9",
    "warn": "M10 3.5a6.5 6.5 0 100 13 6.5 6.5 0 000-13zM10 6v4.5l3 2",
    "bad": "M10 3L2 17h16zM10 8v4M10 14.2v.6",
    "now": "M6 4l9 6-9 6z",
    "close": "M5 5l10 10M15 5L5 15",
    "up": "M10 16V4M5 9l5-5 5 5",
    "down": "M10 4v12M5 11l5 5 5-5",
    "next": "M7 4l6 6-6 6",
}
_QUIET = "M5 10h10"


@lru_cache(maxsize=64)
def icon(name: str) -> Markup:
    """A drawing that says nothing without the words beside it."""
    return Markup(
        '<svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false"><path d="{}"/></svg>'
    ).format(_STROKES.get(name, _QUIET))


def states(tones: Mapping[str, str]) -> Callable[[Any], Markup]:
    """Draws the members of an enum, each in the tone that its value has here."""
    return lambda member: state(member.label, tones[member.value])


@lru_cache(maxsize=512)
def state(label: str, tone: str = "quiet") -> Markup:
    """A state in words, with an icon and a colour; tones are good, warn, bad, now, quiet."""
    return Markup('<span class="state {}">{}{}</span>').format(tone, icon(tone), label)


# The frame


@dataclass(frozen=True)
class Place:
    """An entry of the main navigation."""

    label: str
    url: str
    endpoint: str


def places() -> tuple[Place, ...]:
    """Main navigation of the present role; only what exists. Its addresses are worked out once a role."""
    role = current_user.actor.role.value if _signed_in() else "public"
    cache: dict[tuple[str, str], tuple[Place, ...]] = current_app.extensions["places"]
    key = (role, request.script_root)
    if key not in cache:
        table: Any = current_app.jinja_env.get_template("platform/navigation.html").module
        cache[key] = tuple(
            Place(label, url_for(endpoint), endpoint)
            for label, endpoint in table.places.get(role, ())
            if endpoint in current_app.view_functions
        )
    return cache[key]


def current_place(shown: Sequence[Place]) -> str | None:
    """Endpoint of the entry that this page belongs to: itself, else the first of the same capability."""
    here = request.endpoint or ""
    if any(place.endpoint == here for place in shown):
        return here
    capability = here.partition(".")[0]
    if capability == "pages":
        return None
    return next(
        (place.endpoint for place in shown if place.endpoint.partition(".")[0] == capability), None
    )


def link(endpoint: str) -> str | None:
    """Address of an argument-less endpoint, None where it does not exist."""
    cache: dict[tuple[str, str], str | None] = current_app.extensions["links"]
    key = (endpoint, request.script_root)
    if key not in cache:
        cache[key] = url_for(endpoint) if endpoint in current_app.view_functions else None
    return cache[key]


def url_pattern(endpoint: str, argument: str) -> str:
    """Address of one row after the other, to be completed by `format(id)`: `url_for` costs 10 µs a row."""
    values: dict[str, Any] = {argument: 0}
    head, _, tail = url_for(endpoint, **values).rpartition("/0")
    return f"{head}/{{}}{tail}"


def _signed_in() -> bool:
    return hasattr(current_app, "login_manager") and bool(current_user.is_authenticated)


@lru_cache
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def _assets(app: Flask) -> dict[str, str]:
    """Addresses of our own files with a mark of their content, so that they may be cached for a year."""
    root = Path(str(app.static_folder))
    files = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    found = {name: f"/static/{name}?v={_digest(path)}" for name, path in files.items()}
    bootstrap = f"/bootstrap/static/css/bootstrap.min.css?v={Bootstrap5.bootstrap_version}"
    return found | {"bootstrap.css": bootstrap}


def asset(name: str) -> str:
    """Address of a file under static/; while developing it is looked up afresh."""
    known: dict[str, str] = current_app.extensions["assets"]
    if name not in known:
        known.update(_assets(current_app))
    return request.script_root + known[name]


def _version() -> str:
    try:
        return version("qiming")
    except PackageNotFoundError:
        return "0.1.0"


# Errors

_EXPLAINED = frozenset({400, 403, 404, 405, 409, 413, 422, 429, 500})


def error_page(
    code: int, *, message: str | None = None, retry_after: int | None = None
) -> tuple[str, int]:
    """The page for an error; a broken server does not ask the database who is looking at it."""
    shown = code if code in _EXPLAINED else (400 if code < 500 else 500)
    context = {"code": shown, "message": message, "retry_after": retry_after}
    if code < 500 and hasattr(current_app, "login_manager"):
        html = render_template("platform/error.html", **context)
    else:
        # Not by render_template: Flask-Login's context processor would load the user for it.
        html = current_app.jinja_env.get_template("platform/error.html").render(
            bare=True, **context
        )
    return html, code


def _take_in() -> None:
    """Read what a browser is still sending, and drop it: cut off while it sends, it shows no answer at all."""
    left: int = 8 * (current_app.config["MAX_CONTENT_LENGTH"] or 0)
    while left > 0:
        taken = request.environ["wsgi.input"].read(min(left, 64 * 1024))
        if not taken:
            return
        left -= len(taken)


def _on_http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or error.code is None or error.code < 400:
        return error
    if error.code == 413:
        _take_in()
    retry_after = getattr(error, "retry_after", None)
    html, code = error_page(
        error.code, retry_after=retry_after if isinstance(retry_after, int) else None
    )
    headers = {"Retry-After": str(retry_after)} if isinstance(retry_after, int) else {}
    return html, code, headers


def _on_csrf_error(error: CSRFError) -> ResponseReturnValue:
    return error_page(400, message="csrf")


def _on_not_allowed(error: NotAllowed) -> ResponseReturnValue:
    return error_page(403)


def _on_impossible_value(error: DataError) -> ResponseReturnValue:
    """Something was sent past the fields that no column can hold: a NUL, a number of thirty digits."""
    db.session.rollback()
    current_app.logger.warning("refused by the database: %s", error.orig)
    return error_page(400)


def _on_refusal(error: DomainError) -> ResponseReturnValue:
    return error_page(409, message=error.message)


# Putting it together


class KeyConverter(IntegerConverter):
    """`<int:…>` in an address: what no key can be leads nowhere, and is never asked of the database."""

    def __init__(self, map: Map, fixed_digits: int = 0, min: int = 0, max: int = 2**63 - 1) -> None:
        super().__init__(map, fixed_digits, min, max)


CSP = {
    "default-src": "'self'",
    "img-src": "'self' data:",  # Bootstrap draws its select arrow as a data: image
    "script-src": "'self'",
    "style-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def init_app(app: Flask) -> None:
    """Templates, filters, security headers, CSRF, error pages, and the pages of this module."""
    app.jinja_options = {
        **app.jinja_options,
        "undefined": StrictUndefined,
        "trim_blocks": True,
        "lstrip_blocks": True,
    }
    app.config.setdefault("DEMO", False)
    app.config.setdefault("DISTRICT_NAME", "")
    app.config.setdefault("FEDERATION_NAME", "")
    app.config.setdefault("IDLE_MINUTES", 30)
    app.config["BOOTSTRAP_SERVE_LOCAL"] = True
    app.config["WTF_I18N_ENABLED"] = False
    # A form stays valid as long as the session it was opened in: slow typists lose nothing.
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    if app.config["SEND_FILE_MAX_AGE_DEFAULT"] is None:
        app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 365 * 24 * 3600
    app.extensions.update(places={}, links={}, assets=_assets(app))

    app.jinja_env.filters.update(FILTERS)
    frame = SimpleNamespace(
        asset=asset,
        current_place=current_place,
        icon=icon,
        link=link,
        now=clock.now,
        places=places,
        state=state,
        states=states,
        today=clock.today,
        version=_version(),
    )
    app.jinja_env.globals.update(
        asset=asset,
        bare=False,
        frame=frame,
        has_errors=False,
        link=link,
        now=clock.now,
        query_url=query_url,
        today=clock.today,
        url_pattern=url_pattern,
    )

    app.url_map.converters["int"] = KeyConverter
    Bootstrap5(app)
    _csrf.init_app(app)
    secure = bool(app.config.get("SESSION_COOKIE_SECURE"))
    Talisman(
        app,
        force_https=secure,
        strict_transport_security=secure,
        session_cookie_secure=secure,
        frame_options="DENY",
        content_security_policy=CSP,
        referrer_policy="same-origin",
        permissions_policy={"camera": "()", "geolocation": "()", "microphone": "()"},
    )
    app.register_error_handler(HTTPException, _on_http_error)
    app.register_error_handler(CSRFError, _on_csrf_error)
    app.register_error_handler(NotAllowed, _on_not_allowed)
    app.register_error_handler(DomainError, _on_refusal)
    app.register_error_handler(DataError, _on_impossible_value)
    app.register_blueprint(bp)

"""What every page keeps to, so that it can be read, operated and understood without sight or mouse.

The test client calls `check(response)` on every text/html answer below 500.
"""

import re
from collections import Counter
from typing import Any

import html5lib
from bs4 import BeautifulSoup, Tag

#: Parse errors that are matters of taste in HTML5.
_HARMLESS = frozenset({"invalid-codepoint"})
_LABELLED = ("input", "select", "textarea")
_NEEDS_NO_LABEL = ("hidden", "submit", "button", "image", "reset")


class ContractError(AssertionError):
    """A page breaks the contract; the message lists every breach."""


def check(response: Any) -> None:
    """Raise ContractError when an HTML answer breaks the contract; other answers pass."""
    if (
        response.mimetype != "text/html"
        or response.status_code >= 500
        or 300 <= response.status_code < 400
    ):
        return
    breaches = breaches_of(response.get_data(as_text=True), status=response.status_code)
    if breaches:
        where = getattr(getattr(response, "request", None), "path", "page")
        raise ContractError(f"{where} ({response.status_code}):\n- " + "\n- ".join(breaches))


def breaches_of(html: str, *, status: int = 200) -> list[str]:
    """Everything that is wrong with a page, in words."""
    soup = BeautifulSoup(html, "html.parser")
    found: list[str] = []
    found += _parse_errors(html)
    found += _frame(soup, status)
    found += _headings(soup)
    found += _references(soup)
    found += _fields(soup)
    found += _names(soup)
    found += _tables(soup)
    found += _scripts_and_styles(soup)
    found += _forms(soup)
    if status == 422:
        found += _error_summary(soup)
    return found


def _parse_errors(html: str) -> list[str]:
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(html)
    return [
        f"HTML line {position[0]}: {code} {data or ''}".strip()
        for position, code, data in parser.errors
        if code not in _HARMLESS
    ]


def _frame(soup: BeautifulSoup, status: int) -> list[str]:
    found = []
    root = soup.find("html")
    if not isinstance(root, Tag) or root.get("lang") != "zh-CN":
        found.append('html has no lang="zh-CN"')
    headings = soup.find_all("h1")
    if len(headings) != 1:
        found.append(f"{len(headings)} h1 instead of one")
    title = _text(soup.title) if soup.title else ""
    wrong = title.startswith("错误：")
    if headings and not title.removeprefix("错误：").startswith(_text(headings[0])):
        found.append(f"title {title!r} does not begin with the h1 {_text(headings[0])!r}")
    if status == 422 and not wrong:
        found.append(f"title {title!r} of an invalid form does not begin with 错误：")
    if status == 200 and wrong:
        found.append("title says 错误： on a page without error")
    if len(soup.find_all("main")) != 1:
        found.append("not exactly one main")
    if not soup.find("meta", attrs={"name": "viewport"}):
        found.append("no viewport")
    skip = soup.find("a", class_="skip")
    if not isinstance(skip, Tag) or not soup.find(id=str(skip.get("href", "")).lstrip("#")):
        found.append("no skip link that leads somewhere")
    return found


def _headings(soup: BeautifulSoup) -> list[str]:
    found, before = [], None
    for heading in soup.find_all(re.compile(r"^h[1-6]$")):
        level = int(heading.name[1])
        if not _text(heading):
            found.append(f"empty {heading.name}")
        if before is not None and level > before + 1:
            found.append(f"heading jumps from h{before} to h{level}: {_text(heading)}")
        before = level
    return found


def _references(soup: BeautifulSoup) -> list[str]:
    ids = Counter(str(one["id"]) for one in soup.find_all(id=True))
    found = [f"id {name!r} stands {count} times" for name, count in ids.items() if count > 1]
    found += [f"empty or spaced id {name!r}" for name in ids if not name or re.search(r"\s", name)]
    for attribute in (
        "aria-describedby",
        "aria-labelledby",
        "aria-controls",
        "for",
        "headers",
        "list",
    ):
        for one in soup.find_all(attrs={attribute: True}):
            for target in str(_flat(one[attribute])).split():
                if target not in ids:
                    found.append(f"{attribute} of {_short(one)} leads to no element: {target!r}")
    for link in soup.find_all("a", href=re.compile("^#.")):
        if str(link["href"])[1:] not in ids:
            found.append(f"link to {link['href']} leads nowhere")
    return found


def _fields(soup: BeautifulSoup) -> list[str]:
    found = []
    labels = {str(label["for"]): label for label in soup.find_all("label", attrs={"for": True})}
    groups: dict[tuple[int, str], list[Tag]] = {}
    for field in soup.find_all(_LABELLED):
        kind = str(field.get("type", "text"))
        if field.name == "input" and kind in _NEEDS_NO_LABEL:
            continue
        label = labels.get(str(field.get("id"))) or field.find_parent("label")
        named = (
            (label is not None and _text(label))
            or field.get("aria-label")
            or field.get("aria-labelledby")
        )
        if not named:
            found.append(f"no label for {_short(field)}")
        if field.name == "input" and kind in ("radio", "checkbox"):
            form = field.find_parent("form")
            groups.setdefault((id(form), str(field.get("name"))), []).append(field)
    for (_, name), members in groups.items():
        if len(members) == 1 and members[0].get("type") == "checkbox":
            continue
        for member in members:
            group = member.find_parent("fieldset")
            if group is None or group.find("legend") is None or not _text(group.find("legend")):
                found.append(f"choices {name!r} stand in no fieldset with a legend")
                break
    for field in soup.find_all(attrs={"aria-invalid": "true"}):
        owner = field if field.get("aria-describedby") else field.find_parent("fieldset")
        if owner is None or not owner.get("aria-describedby"):
            found.append(f"the error of {_short(field)} is tied to nothing")
    return found


def _names(soup: BeautifulSoup) -> list[str]:
    found = [
        f"image without alt: {_short(one)}"
        for one in soup.find_all("img")
        if not one.has_attr("alt")
    ]
    for one in soup.find_all(["a", "button", "summary"]):
        if one.name == "a" and not one.has_attr("href"):
            continue
        images = " ".join(str(image.get("alt", "")) for image in one.find_all("img"))
        if not (
            _text(one) or one.get("aria-label") or one.get("aria-labelledby") or images.strip()
        ):
            found.append(f"no name: {_short(one)}")
    for svg in soup.find_all("svg"):
        hidden = svg.get("aria-hidden") == "true" or svg.find_parent(attrs={"aria-hidden": "true"})
        if hidden or svg.find_parent("svg") is not None:
            continue
        if svg.get("role") != "img" or not svg.find("title") or not svg.find("desc"):
            found.append(f"drawing neither hidden nor described: {_short(svg)}")
    navigations = [
        str(nav.get("aria-label") or nav.get("aria-labelledby") or "")
        for nav in soup.find_all("nav")
    ]
    if len(navigations) > 1 and (not all(navigations) or len(set(navigations)) < len(navigations)):
        found.append(f"navigations cannot be told apart: {navigations}")
    for one in soup.find_all("iframe"):
        if not one.get("title"):
            found.append("iframe without title")
    for one in soup.find_all(class_="state"):
        if not _text(one):
            found.append("state by colour alone")
    return found


def _tables(soup: BeautifulSoup) -> list[str]:
    found = []
    for table in soup.find_all("table"):
        caption = table.find("caption")
        if caption is None or not _text(caption):
            found.append(f"table without caption: {_short(table)}")
        headings = table.find_all("th")
        if not headings:
            found.append(f"table without th: {_short(table)}")
        found += [
            f"th without scope: {_text(one)!r}"
            for one in headings
            if one.get("scope") not in _SCOPES
        ]
        found += [f"more than one sorted column in {_short(table)}"] * (
            len(table.find_all(attrs={"aria-sort": True})) > 1
        )
    return found


_SCOPES = ("col", "row", "colgroup", "rowgroup")


def _scripts_and_styles(soup: BeautifulSoup) -> list[str]:
    found = []
    for script in soup.find_all("script"):
        if not script.get("src") and not script.get("nonce"):
            found.append("inline script without nonce")
    for style in soup.find_all("style"):
        if not style.get("nonce"):
            found.append("inline style element")
    for one in soup.find_all(True):
        for attribute, value in one.attrs.items():
            if attribute == "style":
                found.append(f"style attribute on {_short(one)}")
            elif attribute.startswith("on"):
                found.append(f"{attribute} attribute on {_short(one)}")
            elif attribute in ("href", "src", "action") and str(value).strip().lower().startswith(
                "javascript:"
            ):
                found.append(f"javascript: address on {_short(one)}")
    for one in soup.find_all(tabindex=re.compile(r"^[1-9]")):
        found.append(f"positive tabindex on {_short(one)}")
    return found


def _forms(soup: BeautifulSoup) -> list[str]:
    found = []
    for form in soup.find_all("form"):
        if str(form.get("method", "get")).lower() == "post":
            token = form.find("input", attrs={"name": "csrf_token"})
            if token is None or not token.get("value"):
                found.append(f"POST form without CSRF token: {_short(form)}")
        if (
            form.find("input", attrs={"type": "file"})
            and form.get("enctype") != "multipart/form-data"
        ):
            found.append(f"file field in a form that sends no files: {_short(form)}")
    return found


def _error_summary(soup: BeautifulSoup) -> list[str]:
    summary = soup.find(attrs={"role": "alert"})
    if summary is None:
        # A refused filter of a list says it at the field; a refused page says it in its text.
        if soup.find(attrs={"aria-invalid": "true"}) is not None:
            return ["answer 422 without error summary (role=alert)"]
        return []
    found = []
    if summary.get("tabindex") != "-1":
        found.append("error summary cannot take the focus")
    targets = {str(link["href"])[1:] for link in summary.find_all("a", href=re.compile("^#"))}
    for target in targets:
        field = soup.find(id=target)
        if field is None or field.name not in (*_LABELLED, "fieldset"):
            found.append(f"error summary leads to {target!r}, which is no field")
    for field in soup.find_all(attrs={"aria-invalid": "true"}):
        fieldset = field.find_parent("fieldset", class_="field")
        ids = {str(one.get("id")) for one in (fieldset.find_all("input") if fieldset else [field])}
        if not ids & targets:
            found.append(f"no line of the error summary leads to {_short(field)}")
    return found


def _text(tag: Any) -> str:
    return re.sub(r"\s+", " ", tag.get_text()).strip() if tag is not None else ""


def _flat(value: Any) -> str:
    return " ".join(value) if isinstance(value, list) else str(value)


def _short(tag: Tag) -> str:
    text = str(tag)
    return text[: text.find(">") + 1][:160]

"""PDF documents: tagged (PDF/UA-1), in Chinese, and the same bytes for the same facts.

The only module that knows WeasyPrint. A template sees plain values in a sandbox and can reach nothing but the files
under `static/`; a name is printed only when the fonts have every character of it.
"""

import gc
import re
import subprocess
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.platform import clock
from config import ROOT

if TYPE_CHECKING:
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher

LANGUAGE = "zh-CN"
#: In this order a character is looked for. Debian: fonts-noto-cjk, fonts-hanazono, fonts-babelstone-han.
FONT_STACK = ("Noto Serif CJK SC", "Noto Sans CJK SC", "HanaMinB", "BabelStone Han")

_STATIC = ROOT / "static"
#: Code points without an agreed shape: what a font shows for them is not what was meant.
_PRIVATE_USE = ((0xE000, 0xF8FF), (0xF0000, 0xFFFFD), (0x100000, 0x10FFFD))

Facts = Mapping[str, Any]


class FactsNotPlainError(TypeError):
    """A template was given something else than text, numbers, truth values, lists and mappings of them."""


def render_pdf(template: str, facts: Facts, *, title: str, identifier: str, dated: date) -> bytes:
    """The document that `template` (under `templates/`) makes of `facts`.

    `identifier` is what the document is known by for good, such as a certificate number; with `dated` it stands in
    the file in place of a random one and of the present moment, so that the same facts give the same bytes on the
    same libraries and fonts.
    """
    _require_plain(facts)
    html = (
        _environment()
        .get_template(template)
        .render(
            facts,
            title=title,
            language=LANGUAGE,
            font_stack=", ".join(f'"{name}"' for name in FONT_STACK),
        )
    )
    return _write(html, title=title, identifier=identifier, dated=dated)


def _write(html: str, *, title: str, identifier: str, dated: date) -> bytes:
    # NOTE: imported here, since it costs half a second that most processes never need.
    from weasyprint import HTML

    moment = (
        datetime.combine(dated, time(), clock.SHANGHAI)
        .astimezone(UTC)
        .strftime("%Y-%m-%dT%H:%M:%SZ")
    )
    source = HTML(string=html, base_url=f"{_STATIC.as_uri()}/", url_fetcher=_fetcher())
    with _one_at_a_time:
        document = source.render(pdf_variant="pdf/ua-1", font_config=_fonts())
        document.metadata.title = title
        document.metadata.lang = LANGUAGE
        document.metadata.created = document.metadata.modified = moment
        try:
            content: bytes = document.write_pdf(
                pdf_variant="pdf/ua-1", pdf_identifier=identifier.encode(), pdf_tags=True
            )
            return content
        finally:
            # Boxes refer to each other in circles and hold fonts: 1.25 GB after 30 certificates without this.
            del document
            gc.collect()


#: Pango's font map is not safe to share between threads; drawing holds the interpreter lock anyway.
_one_at_a_time = Lock()


@lru_cache
def _fonts() -> "FontConfiguration":
    """The installed fonts, read once: reading them for each document leaks 0.23 MB of it."""
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()


@lru_cache
def _environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _fetcher() -> "URLFetcher":
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    class OwnFilesOnly(URLFetcher):  # type: ignore[misc]
        """`data:` and files under `static/`; anything else is a mistake that stops the document."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if not is_own(url):
                raise FatalURLFetchingError(f"a document may not fetch {url}")
            return super().fetch(url, headers)

    return OwnFilesOnly(allowed_protocols=("data", "file"), allow_redirects=False)


def is_own(url: str) -> bool:
    """Whether a document may load `url`."""
    parts = urlsplit(url)
    if parts.scheme == "data":
        return True
    if parts.scheme != "file" or parts.netloc:
        return False
    return Path(unquote(parts.path)).resolve().is_relative_to(_STATIC.resolve())


def _require_plain(value: Any, *, name: str = "facts") -> None:
    if value is None or isinstance(value, str | int | float | bool):
        return
    if isinstance(value, Mapping):
        for key, part in value.items():
            _require_plain(part, name=f"{name}.{key}")
    elif isinstance(value, Sequence) and not isinstance(value, bytes):
        for part in value:
            _require_plain(part, name=f"{name}[]")
    else:
        raise FactsNotPlainError(f"{name} is a {type(value).__name__}")


# Characters


def missing_glyphs(text: str) -> set[str]:
    """Characters of `text` that no font of the stack can draw; a document with them would show something else."""
    return {
        character for character in text if not character.isspace() and not _drawable(ord(character))
    }


def _drawable(code_point: int) -> bool:
    if any(first <= code_point <= last for first, last in _PRIVATE_USE):
        return False
    return any(ranges.holds(code_point) for ranges in _coverage())


class _Ranges:
    """Code points of a font as sorted, disjoint ranges: a hundredth of what a set of them takes."""

    def __init__(self, text: str) -> None:
        pairs = [part.partition("-") for part in re.findall(r"[0-9a-f]+(?:-[0-9a-f]+)?", text)]
        self._starts, self._ends = [], []
        for first, _, last in sorted(pairs, key=lambda pair: int(pair[0], 16)):
            self._starts.append(int(first, 16))
            self._ends.append(int(last or first, 16))

    def holds(self, code_point: int) -> bool:
        place = bisect_right(self._starts, code_point) - 1
        return place >= 0 and code_point <= self._ends[place]


@lru_cache
def _coverage() -> tuple[_Ranges, ...]:
    """Character maps of the installed fonts of the stack, as fontconfig (which Pango asks) knows them."""
    return tuple(_Ranges(listed) for listed in map(_character_map, FONT_STACK) if listed)


def _character_map(family: str) -> str:
    command = ["fc-list", f":family={family}", "--format", "%{charset}\n"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    # One line for each weight; all weights of a family have the same characters.
    return listed.partition("\n")[0]

"""Numbers, what a certificate prints, and when one may be issued or revoked."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import segno

from app.certificates.types import CertificateState
from app.platform.access import Role
from app.platform.errors import DomainError, TransitionRefused
from app.platform.formats import day_zh, masked_number


@dataclass(frozen=True, slots=True)
class NumberScheme:
    """How a federation numbers its certificates. `source` says what the scheme rests on."""

    prefix: str
    serial_digits: int
    source: str

    def number(self, *, year: int, serial: int) -> str:
        """`ZX-2024-00042`: letters, digits and hyphens alone, so that it can be read out and typed anywhere."""
        return f"{self.prefix}-{year:04d}-{serial:0{self.serial_digits}d}"

    def tidy(self, text: str) -> str:
        """The number that somebody meant: full-width, spaces, other dashes, small letters and missing zeros are read.

        Text that is no number of this scheme comes back cleaned, and will not be found.
        """
        plain = re.sub(r"[\s\x00]", "", unicodedata.normalize("NFKC", text)).upper()
        dashed = re.sub(r"[-‐‑‒–—―−－ー_]+", "-", plain)
        match = re.fullmatch(rf"(?:{self.prefix})?-?(\d{{4}})-?(\d{{1,9}})", dashed)
        if match is None:
            return dashed[:40]
        return self.number(year=int(match[1]), serial=int(match[2]))


#: The series of certificates of completion. Its serials begin anew each year of issue.
COMPLETION_NUMBERS = NumberScheme(
    prefix="ZX",
    serial_digits=5,
    source="结业证书没有全国统一编号；编号由发证的区残联自定：ZX（振兴）- 发证年份 - 当年流水号，连续且不重复使用",
)

#: (from, to) -> who may.
TRANSITIONS: Mapping[tuple[CertificateState, CertificateState], frozenset[Role]] = {
    (CertificateState.VALID, CertificateState.REVOKED): frozenset({Role.FEDERATION}),
}

WATERMARK = "演示数据 样张"


def check_transition(origin: CertificateState, target: CertificateState, role: Role) -> None:
    """Raises TransitionRefused where the state machine does not lead there for this role."""
    allowed = TRANSITIONS.get((origin, target))
    if allowed is None:
        raise TransitionRefused(origin, target, f"证书{origin.label}，不能改为{target.label}。")
    if role not in allowed:
        raise TransitionRefused(
            origin, target, f"{role.label}不能把证书改为{target.label}，请联系区残联。"
        )


def check_issuable(*, confirmed: bool, passed: bool, has_valid_certificate: bool) -> None:
    """Raises DomainError that says why a completion gets no certificate."""
    if not confirmed:
        raise DomainError("结业还没有经残联确认，确认后才能发证。")
    if not passed:
        raise DomainError("这名学员未结业，不能发证。")
    if has_valid_certificate:
        raise DomainError(
            "这名学员在本班已有有效的证书，请刷新页面查看。需要更正时，先撤销原证书再重新发证。"
        )


def unprintable(label: str, text: str, missing: set[str]) -> str:
    """Why `text` cannot be printed; empty where it can."""
    if not missing:
        return ""
    named = "、".join(f"“{character}”（U+{ord(character):04X}）" for character in sorted(missing))
    return f"{label}“{text}”中的{named}没有可以印刷的字形，请核对写法，或请管理员安装含有这个字的字体。"


def printed_facts(
    *,
    number: str,
    certificate_title: str,
    name: str,
    citizen_number: str,
    course: str,
    class_number: str,
    provider: str,
    federation: str,
    starts_on: date,
    ends_on: date,
    completed_on: date,
    hours: int,
    assessed: bool,
    issued_on: date,
    verification_url: str,
    demo: bool,
) -> dict[str, Any]:
    """All that a certificate says, as plain JSON: the snapshot it is drawn from for good.

    Args:
        hours: lesson hours (课时) that the class held.
        assessed: whether an assessment was part of the course; the sentence on the certificate depends on it.
    """
    return {
        "number": number,
        "certificate_title": certificate_title,
        "name": name,
        "identity_number": masked_number(citizen_number),
        "course": course,
        "class_number": class_number,
        "provider": provider,
        "federation": federation,
        "starts_on": starts_on.isoformat(),
        "ends_on": ends_on.isoformat(),
        "completed_on": completed_on.isoformat(),
        "hours": hours,
        "assessed": assessed,
        "issued_on": issued_on.isoformat(),
        "verification_url": verification_url,
        "watermark": WATERMARK if demo else "",
    }


def layout(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """What the template draws: the snapshot with its dates in words and its address as a QR code."""
    return {
        **snapshot,
        **{
            name: day_zh(date.fromisoformat(snapshot[name]))
            for name in ("starts_on", "ends_on", "issued_on")
        },
        "qr": qr_code(snapshot["verification_url"]),
    }


def qr_code(address: str) -> str:
    """The QR code of an address as an SVG in a data: URI; level M survives a crease or a stain."""
    code = segno.make(address, error="m", micro=False)
    drawn: str = code.svg_data_uri(border=4, dark="#1f1a17", light=None, omitsize=True)
    return drawn


def comparable_name(name: str) -> str:
    """A name for comparing: without what differs between keyboards, namely spaces and kinds of middle dot."""
    return re.sub(r"[\s·•‧∙・･．]", "", unicodedata.normalize("NFC", name))

"""Words of certificates."""

from dataclasses import dataclass
from datetime import date

from app.platform.types import LabelledEnum


class CertificateState(LabelledEnum):
    VALID = "valid", "有效"
    REVOKED = "revoked", "已撤销"


@dataclass(frozen=True, slots=True)
class Verified:
    """What the public learns of a certificate: never an identity number, and the name in full only to those who
    know it, or where the person agreed.
    """

    number: str
    name: str
    name_in_full: bool
    state: CertificateState
    revoked_on: date | None
    certificate_title: str
    course: str
    provider: str
    federation: str
    starts_on: date
    ends_on: date
    hours: int
    issued_on: date


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody of a class got no certificate."""

    name: str
    reason: str


#: What this capability logs, in words.
ACTIONS = {
    "certificate.issued": "发证",
    "certificate.revoked": "撤销",
    "certificate.downloaded": "下载 PDF",
}

#: Tables whose rows it logs.
SUBJECTS = {
    "certificate": "证书",
}

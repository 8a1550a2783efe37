"""Words of certificates."""

from app.platform.types import LabelledEnum


class CertificateState(LabelledEnum):
    VALID = "valid", "有效"
    REVOKED = "revoked", "已撤销"

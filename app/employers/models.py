"""Employing units."""

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.employers.types import EmployerKind
from app.platform.db import Base, HasId, one_of, stored_enum


class Employer(HasId, Base):
    """A unit that employs, keyed by its unified social credit code."""

    __tablename__ = "employer"
    __table_args__ = (
        UniqueConstraint("credit_code", name="uq_employer_credit_code"),
        CheckConstraint("credit_code ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'", name="credit_code"),
        CheckConstraint("posts >= 0", name="posts"),
        one_of("kind", EmployerKind),
    )

    name: Mapped[str] = mapped_column(String(120))
    credit_code: Mapped[str] = mapped_column(String(18))
    kind: Mapped[EmployerKind] = mapped_column(stored_enum(EmployerKind))
    region_code: Mapped[str] = mapped_column(ForeignKey("region.code"), index=True)
    posts: Mapped[int]

"""Administrative divisions with the time they existed."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, one_of, stored_enum
from app.regions.types import RegionLevel


class Region(Base):
    """A division; codes nest by prefix. Abolished ones stay for history."""

    __tablename__ = "region"
    __table_args__ = (
        CheckConstraint("code ~ '^[0-9]+$' AND length(code) IN (2, 4, 6, 9, 12)", name="code_form"),
        CheckConstraint(
            "valid_to IS NULL OR valid_from IS NULL OR valid_to > valid_from", name="validity"
        ),
        CheckConstraint("starts_with(code, parent_code)", name="nested"),
        one_of("level", RegionLevel),
    )

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    level: Mapped[RegionLevel] = mapped_column(stored_enum(RegionLevel))
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("region.code"))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]

"""Targets of a plan and what auditors found."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.oversight.types import FindingState, TargetIndicator
from app.platform.db import Base, HasId, one_of, stored_enum


class Plan(HasId, Base):
    """An action plan (行动方案) of a region over some years."""

    __tablename__ = "plan"
    __table_args__ = (
        CheckConstraint("ends_on > starts_on", name="dates"),
        UniqueConstraint("region_code", "title", name="uq_plan_title"),
    )

    title: Mapped[str] = mapped_column(String(120))
    region_code: Mapped[str] = mapped_column(ForeignKey("region.code"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    source: Mapped[str] = mapped_column(String(200))

    targets: Mapped[list["Target"]] = relationship(
        back_populates="plan", order_by="Target.id", cascade="all, delete-orphan"
    )


class Target(HasId, Base):
    """A number that a plan promises (目标任务)."""

    __tablename__ = "target"
    __table_args__ = (
        CheckConstraint("value > 0", name="value"),
        UniqueConstraint("plan_id", "indicator", name="uq_target_indicator"),
        one_of("indicator", TargetIndicator),
    )

    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"))
    indicator: Mapped[TargetIndicator] = mapped_column(stored_enum(TargetIndicator))
    value: Mapped[int]

    plan: Mapped[Plan] = relationship(back_populates="targets")


class AuditFinding(HasId, Base):
    """What an auditor noted on a row: the only thing auditors write."""

    __tablename__ = "audit_finding"
    __table_args__ = (
        Index("ix_audit_finding_subject", "subject_type", "subject_id"),
        UniqueConstraint("nonce", name="uq_audit_finding_nonce"),
        one_of("state", FindingState),
    )

    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[FindingState] = mapped_column(
        stored_enum(FindingState), default=FindingState.OPEN
    )
    text: Mapped[str] = mapped_column(String(2000))
    noted_at: Mapped[datetime]
    noted_by_id: Mapped[int] = mapped_column(BigInteger)
    nonce: Mapped[str] = mapped_column(String(64))

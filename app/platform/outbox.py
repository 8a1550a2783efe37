"""Messages that leave the system: written in the transaction that causes them, delivered by the worker."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from flask import current_app
from sqlalchemy import String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app.platform import clock
from app.platform.crypto import EncryptedText
from app.platform.db import Base, HasId, db, one_of, stored_enum
from app.platform.jobs import defer, jobs
from app.platform.types import LabelledEnum
from app.platform.unit_of_work import unit_of_work


class Channel(LabelledEnum):
    """How a message reaches its recipient."""

    SMS = "sms", "短信"


class OutboxMessage(HasId, Base):
    """One message; recipient and text are encrypted, since both are personal."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        UniqueConstraint("dedupe_key", name="uq_outbox_message_dedupe_key"),
        one_of("channel", Channel),
    )

    channel: Mapped[Channel] = mapped_column(stored_enum(Channel))
    recipient: Mapped[str] = mapped_column(EncryptedText)
    body: Mapped[str] = mapped_column(EncryptedText)
    dedupe_key: Mapped[str] = mapped_column(String(120))
    written_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    sent_at: Mapped[datetime | None]


def write(*, channel: Channel, recipient: str, body: str, dedupe_key: str) -> None:
    """Queue a message with the transaction; the same `dedupe_key` is never sent twice."""
    message = OutboxMessage(channel=channel, recipient=recipient, body=body, dedupe_key=dedupe_key)
    db.session.add(message)
    db.session.flush()
    defer(deliver, message_id=message.id)


@jobs.task(retry=5)
def deliver(message_id: int) -> None:
    """Hand one message to the gateway of this installation, once."""
    with unit_of_work():
        message = db.session.scalar(
            select(OutboxMessage)
            .where(OutboxMessage.id == message_id)
            .with_for_update(skip_locked=True)
        )
        if message is None or message.sent_at is not None:
            return
        _hand_over(message)
        message.sent_at = clock.now()


def _hand_over(message: OutboxMessage) -> None:
    line = f"{clock.now().isoformat(timespec='seconds')} {message.channel} -> {message.recipient}: {message.body}\n"
    if current_app.config["OUTBOX_GATEWAY"] == "console":
        print(line, end="", flush=True)
        return
    folder = Path(current_app.config["OUTBOX_DIR"])
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "messages.txt").open("a", encoding="utf-8") as file:
        file.write(line)


def undelivered() -> Sequence[OutboxMessage]:
    """Messages still waiting, oldest first."""
    return db.session.scalars(
        select(OutboxMessage).where(OutboxMessage.sent_at.is_(None)).order_by(OutboxMessage.id)
    ).all()

"""What identity does by itself."""

from app.identity import services
from app.platform.jobs import jobs
from app.platform.unit_of_work import unit_of_work


@jobs.periodic(cron="41 3 * * *")
@jobs.task(queueing_lock="forget_old_attempts")
def forget_old_attempts(timestamp: int) -> None:
    """Delete old sign-in failures and one-time codes; daily."""
    with unit_of_work():
        services.forget_old_attempts()

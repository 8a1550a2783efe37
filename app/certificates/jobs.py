"""Drawing certificates outside the web."""

from app.certificates import services
from app.platform.jobs import jobs
from app.platform.unit_of_work import unit_of_work


@jobs.task(name=services.RENDER_TASK, retry=3)
def render_certificate(certificate_id: int) -> None:
    """Draw one certificate and keep its file."""
    with unit_of_work():
        services.render(certificate_id)

"""What this installation is called and where it is reached, for services that print it."""

from dataclasses import dataclass

from flask import current_app


@dataclass(frozen=True, slots=True)
class Installation:
    """Facts of the settings that appear in documents."""

    base_url: str
    federation_name: str
    district_code: str
    demo: bool


def installation() -> Installation:
    """The installation whose application is running."""
    config = current_app.config
    return Installation(
        base_url=config["BASE_URL"].rstrip("/"),
        federation_name=config["FEDERATION_NAME"],
        district_code=config["DISTRICT_CODE"],
        demo=config["DEMO"],
    )

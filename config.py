"""Settings of one installation, read from the environment and, on a demo machine, from `var/local.env`.

Fails closed: production is the default and no secret has a default. Imports nothing from `app`.
"""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent
LOCAL_ENV = ROOT / "var" / "local.env"


class Settings(BaseSettings):
    """One field per environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(env_file=LOCAL_ENV, extra="ignore", frozen=True)

    database_url: str = Field(description="SQLAlchemy URL of the application's role (no DDL)")
    owner_database_url: str | None = Field(
        default=None, description="URL of the owner's role; only `flask db upgrade` needs it"
    )

    secret_key: SecretStr = Field(
        description="Signs sessions and forms; 32 random bytes or more", min_length=32
    )
    field_keys: SecretStr = Field(
        description="Keys of encrypted columns, `id:base64(32 bytes)` comma separated; the first one encrypts"
    )
    blind_index_key: SecretStr = Field(
        description="Keys the HMAC by which numbers are searched", min_length=32
    )
    eventlog_key: SecretStr = Field(description="Keys the seals of the event log", min_length=32)

    base_url: str = Field(description="Public address, printed in QR codes: https://…")
    storage_dir: Path = Field(
        default=ROOT / "var" / "storage", description="Evidence and certificate files"
    )

    district_code: str = Field(default="210603", pattern=r"^\d{6}$")
    district_name: str = "振兴区"
    federation_name: str = "丹东市振兴区残疾人联合会"

    demo: bool = Field(
        default=False, description="Synthetic data: banner on each page, watermark on each PDF"
    )
    cookie_secure: bool = Field(
        default=True, description="False only where there is no TLS at all: the demo"
    )
    outbox_gateway: str = Field(default="file", pattern="^(console|file)$")
    outbox_dir: Path = ROOT / "var" / "outbox"

    trusted_proxies: int = Field(
        default=0,
        ge=0,
        le=3,
        description="Reverse proxies whose X-Forwarded-… headers tell the client's address",
    )

    idle_minutes: int = Field(
        default=30, ge=5, le=240, description="Session time-out (GB/T 22239-2019)"
    )
    lockout_failures: int = Field(default=5, ge=3, le=10)
    lockout_minutes: int = Field(default=15, ge=5, le=1440)
    follow_up_attempts: int = Field(
        default=3, ge=1, le=10, description="Failed calls before a follow-up may end"
    )

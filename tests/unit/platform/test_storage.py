"""Uploads are judged by what they hold, and cost no more than a photo does."""

import io
import os
import struct
import zlib
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image

from app.platform import storage
from app.platform.errors import DomainError


@pytest.fixture(autouse=True)
def app(tmp_path: Path) -> object:
    app = Flask("storage")
    app.config["STORAGE_DIR"] = tmp_path / "files"
    with app.app_context():
        yield app


def picture(kind: str = "PNG", size: tuple[int, int] = (20, 10)) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size).save(target, format=kind)
    return target.getvalue()


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def bomb(width: int, height: int) -> bytes:
    """A small PNG that says it is large."""
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + head + _chunk(b"IDAT", zlib.compress(b"\0")) + _chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_photo_is_kept(kind: str) -> None:
    assert storage.store_upload(picture(kind)).content_type == f"image/{kind.lower()}"


@pytest.mark.parametrize("size", [(9000, 9000), (13000, 13000), (60000, 60000)])
def test_a_picture_that_unfolds_to_gigabytes_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(DomainError) as refused:
        storage.store_upload(bomb(*size), field="file")
    assert refused.value.field == "file"


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"GIF89a" + bytes(20),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        picture("BMP"),
        picture("TIFF"),
    ],
)
def test_what_is_neither_photo_nor_pdf_is_refused(content: bytes) -> None:
    with pytest.raises(DomainError):
        storage.store_upload(content)


def test_a_damaged_photo_is_told_and_no_error(app: Flask) -> None:
    whole = picture()
    for place in range(8, len(whole)):
        damaged = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        for content in (damaged, whole[:place]):
            try:
                storage.store_upload(content)
            except DomainError:
                continue


def test_nothing_behind_the_picture_survives() -> None:
    stored = storage.store_upload(picture() + b"<script>alert(1)</script>")
    assert b"<script>" not in storage.read(stored.sha256)


def test_a_disk_that_takes_nothing_is_told_at_the_field(
    monkeypatch: pytest.MonkeyPatch, app: Flask
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DomainError, match="存储空间") as refused:
        storage.store_upload(picture(), field="file")
    assert refused.value.field == "file"
    assert [path for path in Path(app.config["STORAGE_DIR"]).rglob("*") if path.is_file()] == []

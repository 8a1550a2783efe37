"""Files by the hash of their content, under one folder; a stored file never changes."""

import hashlib
import io
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from flask import current_app
from PIL import Image, ImageOps, UnidentifiedImageError

from app.platform.errors import DomainError

MAX_BYTES = 8 * 1024 * 1024
#: Half a megabyte of one colour can unfold to gigabytes; phones take up to 50 million.
MAX_PIXELS = 50_000_000
_PDF_MAGIC = b"%PDF-"
_IMAGES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


@dataclass(frozen=True)
class StoredFile:
    """Where a content lies and what it is."""

    sha256: str
    content_type: str
    size: int


def store_upload(content: bytes, *, field: str | None = None) -> StoredFile:
    """Keep an uploaded photo or PDF, judged by its content and never by its name.

    Images are written anew, so that camera and location data do not stay in them.
    Raises DomainError where the content is empty, too large or not what is accepted.
    """
    if not content:
        raise DomainError("文件是空的，请重新选择。", field)
    if len(content) > MAX_BYTES:
        raise DomainError(f"文件超过 {MAX_BYTES // 1024 // 1024} MB，请压缩后再上传。", field)
    if content.startswith(_PDF_MAGIC):
        return store(content, "application/pdf", field=field)
    try:
        # MPO is found by way of JPEG; no other decoder is let near what a stranger sent.
        with Image.open(io.BytesIO(content), formats=tuple(_IMAGES)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise DomainError("照片超过 5000 万像素，请缩小后再上传。", field)
            # Many phones append a small second picture to a JPEG, which makes it an MPO: only the first is kept.
            kind = "JPEG" if image.format == "MPO" else image.format or ""
            if kind not in _IMAGES:
                raise DomainError("只接受 JPG、PNG、WEBP 照片或 PDF 文件。", field)
            clean = io.BytesIO()
            # Turned upright first, since the camera's note on how it was held goes too.
            upright = ImageOps.exif_transpose(image)
            for name in upright.info.keys() - {"icc_profile", "transparency"}:
                del upright.info[name]
            upright.save(clean, format=kind, exif=b"", quality=85)
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        # What Pillow says of a damaged PNG.
        SyntaxError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        raise DomainError("文件内容不是照片也不是 PDF，请核对后重新选择。", field) from error
    return store(clean.getvalue(), _IMAGES[kind], field=field)


def store(content: bytes, content_type: str, *, field: str | None = None) -> StoredFile:
    """Keep `content`; the same content is kept once. Raises DomainError where the disk is full or not to be written."""
    digest = hashlib.sha256(content).hexdigest()
    try:
        _write(path_of(digest), content)
    except OSError as error:
        raise DomainError(
            "服务器的存储空间已满或不能写入，文件没有保存。请稍后再试，并告诉系统管理员。", field
        ) from error
    return StoredFile(digest, content_type, len(content))


def _write(path: Path, content: bytes) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as draft:
        try:
            draft.write(content)
            draft.flush()
            os.fsync(draft.fileno())
            Path(draft.name).replace(path)
        except OSError:
            Path(draft.name).unlink(missing_ok=True)
            raise


def path_of(sha256: str) -> Path:
    """The file of a content; it may be missing."""
    return Path(current_app.config["STORAGE_DIR"]) / sha256[:2] / sha256


def read(sha256: str) -> bytes:
    """Raises FileNotFoundError where the file is missing and ValueError where it was changed on disk."""
    content = path_of(sha256).read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ValueError(f"stored file {sha256} was changed")
    return content

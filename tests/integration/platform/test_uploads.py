"""What is too large is told by a page, which a browser shows only when all that it sent was taken."""

import io

from flask import Flask
from flask.testing import FlaskClient


class Counting(io.RawIOBase):
    """An upload of a length, made as it is read."""

    def __init__(self, length: int) -> None:
        self.length = self.left = length
        self.place = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.place

    def seek(self, offset: int, whence: int = 0) -> int:
        self.place = self.length if whence == 2 else offset
        return self.place

    def read(self, size: int = -1) -> bytes:
        taken = self.left if size < 0 else min(size, self.left)
        self.left -= taken
        return bytes(taken)


def test_an_upload_that_is_too_large_is_read_to_its_end_and_told(
    app: Flask, client: FlaskClient
) -> None:
    limit = app.config["MAX_CONTENT_LENGTH"]
    upload = Counting(2 * limit)
    answer = client.post(
        "/verify",
        content_type="multipart/form-data; boundary=B",
        input_stream=upload,
    )
    assert answer.status_code == 413
    assert "文件太大" in answer.text
    assert upload.left == 0


def test_nobody_is_read_for_ever(app: Flask, client: FlaskClient) -> None:
    limit = app.config["MAX_CONTENT_LENGTH"]
    upload = Counting(20 * limit)
    client.post(
        "/verify",
        content_type="multipart/form-data; boundary=B",
        input_stream=upload,
    )
    assert upload.left >= 10 * limit

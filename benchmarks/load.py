"""Asks a web server on this machine as fast as it answers: one process, kept-open connections, bounded in time.

Written on raw sockets because it shares the processors with what it measures: a comfortable client costs more than
the answer.
"""

import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

HOST = "127.0.0.1"
_LONGEST_SECONDS = 60.0
_MOST_CONNECTIONS = 64
_STALLED_SECONDS = 10.0

#: Bytes of the next request; called once for each.
NextRequest = Callable[[], bytes]


class UnexpectedAnswerError(Exception):
    """The server answered something else than what is being measured."""


@dataclass(slots=True, eq=False)
class _Connection:
    socket: socket.socket
    received: bytearray = field(default_factory=bytearray)
    body_at: int = 0
    complete_at: int = 0


def rate(
    port: int,
    request: NextRequest,
    *,
    status: int,
    seconds: float,
    connections: int,
    contains: bytes = b"",
) -> float:
    """Answers a second. Raises UnexpectedAnswerError at the first with another status or without `contains`."""
    if seconds > _LONGEST_SECONDS or connections > _MOST_CONNECTIONS:
        raise ValueError("a measure is short and has few connections")
    expected = f"HTTP/1.1 {status} ".encode()
    answered = 0
    with selectors.DefaultSelector() as selector:
        opened = [
            _Connection(socket.create_connection((HOST, port), timeout=5))
            for _ in range(connections)
        ]
        try:
            for one in opened:
                one.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(one.socket, selectors.EVENT_READ, one)
            started = time.perf_counter()
            for one in opened:
                one.socket.sendall(request())
            while (elapsed := time.perf_counter() - started) < seconds:
                ready = selector.select(_STALLED_SECONDS)
                if not ready:
                    raise UnexpectedAnswerError(f"no answer within {_STALLED_SECONDS:.0f} s")
                for key, _ in ready:
                    if _receive(key.data, expected, contains):
                        answered += 1
                        key.data.socket.sendall(request())
        finally:
            for one in opened:
                one.socket.close()
    return answered / elapsed


def _receive(connection: _Connection, expected: bytes, contains: bytes) -> bool:
    """Read what has come; True when the answer is complete, which has been checked then."""
    part = connection.socket.recv(1 << 18)
    received = connection.received
    received += part
    if not connection.complete_at:
        end = received.find(b"\r\n\r\n")
        if end >= 0:
            head = bytes(received[:end]).lower()
            _, found, length = head.partition(b"\r\ncontent-length:")
            if not found:
                raise UnexpectedAnswerError("an answer without Content-Length")
            connection.body_at = end + 4
            connection.complete_at = end + 4 + int(length.partition(b"\r\n")[0])
    if connection.complete_at and len(received) >= connection.complete_at:
        if not received.startswith(expected) or contains not in received:
            raise UnexpectedAnswerError(received[:2000].decode(errors="replace"))
        received.clear()
        connection.body_at = connection.complete_at = 0
        return True
    if not part:
        raise UnexpectedAnswerError("the connection was closed")
    return False

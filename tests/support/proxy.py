# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy that can lose the very reply a test wants lost."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self


class Proxy:
    """Forwards a port of its own to `target`; `lose(words)` cuts the connection on which they come back.

    Parameters
    ----------
    target
        Host and port behind it.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._words = b""
        self._times = 0
        self.cuts = 0
        self._lock = threading.Lock()

    @property
    def port(self) -> int:
        """Where to connect."""
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()

    def lose(self, words: bytes, times: int = 1) -> None:
        """Cut the next `times` connections on which the server answers `words`, before the client reads them."""
        with self._lock:
            self._words, self._times = words, times

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                threading.Thread(target=self._pump, args=(client, server, False), daemon=True).start()
                threading.Thread(target=self._pump, args=(server, client, True), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                if answers and self._cut(data):
                    break
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _cut(self, data: bytes) -> bool:
        with self._lock:
            if self._times and self._words in data:
                self._times -= 1
                self.cuts += 1
                return True
            return False

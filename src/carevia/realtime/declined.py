"""An offer to speak another protocol that nobody takes: the request is the plain one that it also is (RFC 9110 7.8).

The parser leaves what follows such a head to the other protocol, a body too. So it reads the head once more, without
the offer: curl's `--http2` and Java's HttpClient make one (h2c) with every first request to `http:`.
"""

import sys

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class PlainProtocol(HttpToolsProtocol):
    """uvicorn's own protocol, which would lose the body."""

    _part = b""  # what the parser is reading
    _left = b""  # what it has to read next

    def data_received(self, data: bytes) -> None:
        while data:
            self._part, self._left = data, b""
            super().data_received(data)
            data = self._left
        self._part = b""

    @property
    def _declines(self) -> bool:
        """The head that was read holds such an offer (a CONNECT need not): no request begins with it."""
        return self.parser.should_upgrade() and not self._should_upgrade() and b"upgrade" in dict(self.headers)

    def on_message_complete(self) -> None:
        if not self._declines:
            super().on_message_complete()

    def _unsupported_upgrade_warning(self) -> None:
        """uvicorn calls this where the parser has stopped; its exception says after how many bytes."""
        if not self._declines:
            return
        [read] = sys.exception().args  # type: ignore[union-attr]
        lines = [b"%s: %s\r\n" % header for header in self.headers if header[0] != b"upgrade"]
        line = b"%s %s HTTP/%s\r\n" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        self._left = b"".join([line, *lines, b"\r\n", self._part[read:]])

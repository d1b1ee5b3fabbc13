"""Bytes of UTF-32, or of UTF-16 without its mark -> the same text as UTF-8 with its mark, as every reader takes it.

Spreadsheets, PowerShell and editors of Windows write such files. UTF-16 with its mark is read as it is.
"""

import codecs
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LOOKED_AT = 512  # bytes at the start of a file
LEAST_LETTERS = 4  # told apart by them
LEAST_ASCII = 0.5  # of the letters of UTF-16
CHUNK = 65_536  # bytes
MARKED = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


def wide_encoding(start: bytes) -> str:
    r"""The encoding of a text that begins so, where it is UTF-32, or UTF-16 without a mark; "" for any other.

    >>> wide_encoding("TY  - JOUR".encode("utf-16-le")), wide_encoding("TY".encode("utf-32")), wide_encoding(b"TY")
    ('utf-16-le', 'utf-32', '')
    """
    if start.startswith(MARKED):
        return "utf-32"
    if b"\0" not in start or start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ""
    whole = start[: len(start) // 4 * 4]
    zeros = [_share_of_zeros(whole[place::4]) for place in range(4)]
    if len(whole) >= 4 * LEAST_LETTERS:
        if zeros[2] == zeros[3] == 1.0 and zeros[0] == 0.0:
            return "utf-32-le"
        if zeros[0] == zeros[1] == 1.0 and zeros[3] == 0.0:
            return "utf-32-be"
    if len(whole) < 2 * LEAST_LETTERS:
        return ""
    even, odd = (zeros[0] + zeros[2]) / 2, (zeros[1] + zeros[3]) / 2
    if even == 0.0 and odd >= LEAST_ASCII:
        return "utf-16-le"
    return "utf-16-be" if odd == 0.0 and even >= LEAST_ASCII else ""


def in_utf8(file: io.BufferedReader, encoding: str) -> io.BufferedReader:
    """The text of a file of another encoding as UTF-8 with its mark; what does not decode is shown as such."""
    return io.BufferedReader(_Recoded(file, encoding))


def _share_of_zeros(places: bytes) -> float:
    return places.count(0) / len(places) if places else 0.0


class _Recoded(io.RawIOBase):
    """A stream of UTF-8 made from one of another encoding."""

    def __init__(self, file: io.BufferedReader, encoding: str) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._waiting = codecs.BOM_UTF8

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        while not self._waiting:
            chunk = self._file.read(CHUNK)
            self._waiting = self._decoder.decode(chunk, final=not chunk).encode()
            if not chunk and not self._waiting:
                return 0
        count = min(len(view), len(self._waiting))
        view[:count] = self._waiting[:count]
        self._waiting = self._waiting[count:]
        return count

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()

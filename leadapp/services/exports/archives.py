"""A ZIP archive that goes out in pieces, which several processes may write one after another.

`zipfile` keeps how far it is in a compressor that cannot be put aside. Here each piece is compressed by
itself and ends at a whole byte, so that a few numbers say where the archive stands. Up to 4 GB.
"""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

# Sizes and checks follow what they are about, names are UTF-8, all is deflated, and the day is the first one.
VERSION, FLAGS, METHOD, TIME, DAY = 20, 0x0808, 8, 0, (1 << 5) | 1
LOCAL, DESCRIPTOR, CENTRAL, END = b"PK\x03\x04", b"PK\x07\x08", b"PK\x01\x02", b"PK\x05\x06"
# The last block of what is deflated; there is nothing in it.
NOTHING_MORE = b"\x03\x00"
LEVEL = 3


@dataclass
class Member:
    """A file in the archive: where it begins, and what was written of it."""

    name: str
    offset: int
    check: int = 0
    size: int = 0
    deflated: int = 0


@dataclass
class Archive:
    """Where an archive stands. Each method returns what goes out next."""

    members: list[Member] = field(default_factory=list)
    position: int = 0

    @classmethod
    def at(cls, place: Mapping[str, Any]) -> Self:
        """Go on where another process put it aside."""
        return cls([Member(**member) for member in place["members"]], place["position"])

    @property
    def place(self) -> dict[str, Any]:
        """Return where it stands, as JSON keeps it."""
        return asdict(self)

    def begin(self, name: str) -> bytes:
        """Begin a file."""
        self.members.append(Member(name, self.position))
        known = struct.pack("<5H", VERSION, FLAGS, METHOD, TIME, DAY)
        return self._out(
            LOCAL + known + bytes(12) + struct.pack("<2H", len(name.encode()), 0) + name.encode()
        )

    def add(self, data: bytes) -> bytes:
        """Write more of the file that was begun last."""
        member = self.members[-1]
        compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        deflated = compressor.compress(data) + compressor.flush(zlib.Z_FULL_FLUSH)
        member.check = zlib.crc32(data, member.check)
        member.size += len(data)
        member.deflated += len(deflated)
        return self._out(deflated)

    def end(self) -> bytes:
        """End the file that was begun last."""
        member = self.members[-1]
        member.deflated += len(NOTHING_MORE)
        return self._out(NOTHING_MORE + DESCRIPTOR + _sizes(member))

    def close(self) -> bytes:
        """End the archive: what is in it, and where."""
        entries = b"".join(map(_entry, self.members))
        number = len(self.members)
        counts = struct.pack("<4H2LH", 0, 0, number, number, len(entries), self.position, 0)
        return self._out(entries + END + counts)

    def _out(self, data: bytes) -> bytes:
        self.position += len(data)
        return data


def _sizes(member: Member) -> bytes:
    return struct.pack("<3L", member.check, member.deflated, member.size)


def _entry(member: Member) -> bytes:
    name = member.name.encode()
    known = struct.pack("<6H", VERSION, VERSION, FLAGS, METHOD, TIME, DAY)
    rest = struct.pack("<5H2L", len(name), 0, 0, 0, 0, 0, member.offset)
    return CENTRAL + known + _sizes(member) + rest + name

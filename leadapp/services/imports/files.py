"""Files as they came: kept in the database, so that web and workers on other machines read the same."""

import io
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice

from django.db import transaction
from django.db.models.functions import Length
from django.utils.translation import gettext as _

from leadapp.errors import Invalid
from leadapp.models import ImportJob, ImportPiece

# So many bytes are one piece; one is in memory at a time.
PIECE = 512 * 1024


class StoredFile(io.RawIOBase):
    """A file that is kept in pieces, to be read from any place; one piece is held at a time."""

    def __init__(self, job: ImportJob, *, of_sheet: bool = False) -> None:
        self.pieces = ImportPiece.objects.filter(job=job, of_sheet=of_sheet)
        self.place = 0
        self._number = -1
        self._data = b""

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it can be read from any place."""
        return True

    @cached_property
    def size(self) -> int:
        """Return how many bytes it has; one at least."""
        last = self.pieces.order_by("-number").annotate(size=Length("data")).values_list("number", "size")
        return max(sum(number * PIECE + size for number, size in last[:1]), 1)

    def tell(self) -> int:
        """Return the place from which is read next."""
        return self.place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.place, io.SEEK_END: self.size}[whence]
        self.place = max(start + offset, 0)
        return self.place

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        """Read what is left of the piece at this place, as far as it fits."""
        number, offset = divmod(self.place, PIECE)
        if number != self._number:
            found = self.pieces.filter(number=number).values_list("data", flat=True)
            self._number, self._data = number, bytes(next(iter(found), b""))
        part = self._data[offset : offset + len(buffer)]
        buffer[: len(part)] = part
        self.place += len(part)
        return len(part)


def store(job: ImportJob, chunks: Iterable[bytes], *, most: int) -> None:
    """Keep a file, in the caller's transaction; raise Invalid where it is empty or too large."""
    size = 0
    for number, data in enumerate(_pieces(chunks)):
        size += len(data)
        if size > most:
            raise too_large(most)
        ImportPiece.objects.create(job=job, number=number, data=data)
    if not size:
        raise Invalid.field("file", _("The file is empty."))
    job.file_size = size


def replace_sheet(job: ImportJob, chunks: Iterable[bytes]) -> None:
    """Keep a sheet of a workbook as text beside it, instead of the one that is kept."""
    job.pieces.filter(of_sheet=True).delete()
    for number, data in enumerate(_pieces(chunks)):
        ImportPiece.objects.create(job=job, number=number, data=data, of_sheet=True)


def too_large(most: int) -> Invalid:
    """Return the refusal of a file that is too large."""
    megabytes = most // 1024**2
    return Invalid.field(
        "file",
        _("The file is larger than %(megabytes)d MB. Split it, or ask whoever runs Leadapp.")
        % {"megabytes": megabytes},
    )


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut a stream into pieces of one size, whatever it comes in."""
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) >= PIECE:
            yield bytes(waiting[:PIECE])
            del waiting[:PIECE]
    if waiting:
        yield bytes(waiting)


def beginning(job: ImportJob, most: int = PIECE) -> bytes:
    """Return the first bytes of a file."""
    return bytes(io.BufferedReader(StoredFile(job)).read(most))


def is_utf8(job: ImportJob) -> bool:
    """Tell whether all of a file is UTF-8."""
    reader = io.TextIOWrapper(io.BufferedReader(StoredFile(job)), encoding="utf-8")
    try:
        while reader.read(PIECE):
            pass
    except UnicodeDecodeError:
        return False
    return True


def forget(job: ImportJob, *, limit: int = 10_000) -> None:
    """Delete a file and its rows, some thousand rows at a time."""
    while True:
        with transaction.atomic():
            ids = list(islice(job.rows.order_by("number").values_list("pk", flat=True)[:limit], limit))
            job.rows.filter(pk__in=ids).delete()
        if len(ids) < limit:
            break
    job.pieces.all().delete()

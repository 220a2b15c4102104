"""COPY into a table: several times quicker than INSERT for tens of thousands of rows."""

import io
import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection

Cell = str | int | datetime | dict[str, object] | None


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    """Copy the rows into the table, in the transaction that runs; return how many."""
    lines = ["\t".join(_write(cell) for cell in row) for row in rows]
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f"COPY {quote(table)} ({', '.join(map(quote, columns))}) FROM STDIN",
            io.StringIO("\n".join(lines) + "\n" if lines else ""),
        )
    return len(lines)


def _write(cell: Cell) -> str:
    if cell is None:
        return "\\N"
    if isinstance(cell, datetime):
        return cell.isoformat()
    text = json.dumps(cell, ensure_ascii=False) if isinstance(cell, dict) else str(cell)
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")

"""A sheet of a workbook as CSV: a program of its own, whose memory goes with it.

    python converting.py WORKBOOK MEMORY [SHEET]

writes a line of JSON with the names of the sheets, then the rows of the named one, else of the first. It ends
with 3 where no such sheet is there, 4 where it has too many columns. Nothing of Leadapp is loaded.
"""

import csv
import json
import resource
import sys
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineWorkbook, SheetTypeEnum

MOST_COLUMNS = 300
NO_SHEET, TOO_WIDE = 3, 4
SECONDS = 120
# Beyond these a float no longer tells whole numbers apart.
WHOLE = 2**53

Cell = str | bool | float | date | time | timedelta


def main(path: str, memory: str, sheet: str = "") -> int:
    """Write the names of the sheets and the rows of one; return the exit status."""
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    out = open(sys.stdout.fileno(), "w", encoding="utf-8", newline="", closefd=False)  # noqa: SIM115
    with CalamineWorkbook.from_path(path) as book, out:
        names = [one.name for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
        if not names or (sheet and sheet not in names):
            return NO_SHEET
        found = book.get_sheet_by_name(sheet or names[0])
        # The columns begin with the first that holds something; the rows with the first.
        _top, left = found.start or (0, 0)
        if left + found.width > MOST_COLUMNS:
            return TOO_WIDE
        out.write(json.dumps(names) + "\n")
        writer = csv.writer(out)
        for cells in found.iter_rows():
            texts = [""] * left + [as_text(cell) for cell in cells]
            while texts and not texts[-1]:
                texts.pop()
            writer.writerow(texts)
    return 0


def as_text(cell: Cell) -> str:
    """Write a value as people do; days and times as ISO 8601 does, to the second."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < WHOLE else repr(cell)
    if isinstance(cell, datetime):
        moment = (cell + timedelta(microseconds=500_000)).replace(microsecond=0)
        return moment.date().isoformat() if moment.time() == time() else moment.isoformat()
    return cell.isoformat("seconds") if isinstance(cell, time) else str(cell)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

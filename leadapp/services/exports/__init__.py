"""Files of rows, however many: CSV and XLSX, written while they are read, harmless in every spreadsheet."""

from leadapp.services.exports.cells import Cell, as_typed, harmless
from leadapp.services.exports.files import MEDIA_TYPES, write_file
from leadapp.services.exports.records import begin_export, counted

__all__ = ["MEDIA_TYPES", "Cell", "as_typed", "begin_export", "counted", "harmless", "write_file"]

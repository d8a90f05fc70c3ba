"""A workbook as bytes: openpyxl's own writer would send each sheet, with its passwords, through a file in /tmp (PW-17)."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.writer.excel import ExcelWriter


class InMemory(ExcelWriter):
    """The same, but for where a sheet is while it is written; for sheets without charts and images."""

    _archive: ZipFile

    def write_worksheet(self, ws: Any) -> None:
        ws._drawing = SpreadsheetDrawing()
        sheet = BytesIO()
        writer: Any = WorksheetWriter(ws, out=sheet)
        writer.write()
        ws._rels = writer._rels
        self._archive.writestr(ws.path[1:], sheet.getvalue())
        self.manifest.append(ws)


def bytes_of(book: Workbook) -> bytes:
    book.properties.modified = datetime.now(UTC).replace(tzinfo=None)
    file = BytesIO()
    InMemory(book, ZipFile(file, "w", ZIP_DEFLATED)).save()
    return file.getvalue()

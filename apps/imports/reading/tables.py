"""Tables as CSV files hold them: any usual delimiter and encoding, column names that repeat, cells of several lines."""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from apps.imports.files import UnfoldsTooFar, Upload
from apps.imports.reading.lines import DAMAGED

# Jira's widest export seen has 209 columns.
MOST_COLUMNS = 5000
_DELIMITERS = ",;\t|"
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# Bytes that are no UTF-8 come through as these, and are what Windows wrote in western Europe. One by one: programs
# that join tables leave files of two encodings.
_FOREIGN = re.compile("[\udc80-\udcff]")
_BY_FOREIGN = {0xDC00 + byte: bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0x100)}
# How much of a file is looked at to tell its columns.
_SAMPLE = 1024 * 1024

# The reader of CSV takes four bytes for each character of a cell; the longest real one has 1.2 million.
_LONGEST_CELL = 2 * 1024 * 1024
_LONGEST_LINE = 16 * 1024 * 1024
_MOST_LINES = 200_000

csv.field_size_limit(_LONGEST_CELL)


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table. `fault` says why it cannot be read; then there are no cells."""

    number: int
    columns: Sequence[str] = ()
    cells: Sequence[str] = ()
    fault: str = ""
    # Of the file, told with the first row that it is true of.
    note: str = ""

    def all(self, *names: str) -> list[str]:
        """What the columns of these names hold, empty cells left out, in the order of the columns."""
        return [
            cell for column, cell in zip(self.columns, self.cells, strict=False) if cell.strip() and column in names
        ]

    def first(self, *names: str) -> str:
        """What the first of these columns that holds anything holds, else ""."""
        return next(iter(self.all(*names)), "")

    @property
    def extra(self) -> list[str]:
        """What stands beyond the last column that has a name."""
        return [cell for cell in self.cells[len(self.columns) :] if cell.strip()]

    @property
    def oddities(self) -> list[str]:
        """What about the row should be told, though it can be read."""
        found = [self.note] if self.note else []
        if len(self.cells) < len(self.columns):
            found.append(f"The row ends after {len(self.cells)} of {len(self.columns)} columns.")
        if self.extra:
            found.append(f"{len(self.extra)} cell(s) beyond the last column were left out.")
        return found

    @property
    def size(self) -> int:
        """About how many bytes it took."""
        return sum(map(len, self.cells))


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file writes its table."""

    encoding: str
    delimiter: str
    columns: list[str] = field(default_factory=list)


class NoTable(Exception):
    """The file is no table that can be read; the message says why."""


def dialect_of(upload: Upload) -> Dialect:
    """Encoding, delimiter and column names of a file.

    :raises NoTable: if its first row names no columns, or far too many
    :raises OSError: if the file cannot be opened
    """
    return dialect_of_head(upload.head(_SAMPLE))


def dialect_of_head(head: bytes) -> Dialect:
    """The same of a file that begins like this.

    :raises NoTable: if its first row names no columns, or far too many
    """
    encoding = _encoding(head)
    text = _whole(head.decode(encoding, _errors(encoding)))
    first = text.lstrip("\r\n").split("\n", 1)[0]
    if max(map(first.count, _DELIMITERS)) > MOST_COLUMNS:
        raise NoTable(f"The first row has more than {MOST_COLUMNS} columns. Is this an export?")
    delimiter = max(_DELIMITERS, key=lambda candidate: len(_split(text, candidate)))
    columns = [name.strip() for name in _split(text, delimiter)]
    if not any(columns):
        raise NoTable("The first row does not name any columns.")
    return Dialect(encoding, delimiter, columns)


def _split(text: str, delimiter: str) -> list[str]:
    rows = csv.reader(io.StringIO(text.lstrip("\r\n"), newline=""), delimiter=delimiter)
    try:
        return next(rows, [])
    except csv.Error:
        return []


def _encoding(head: bytes) -> str:
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    return "utf-8"


def _errors(encoding: str) -> str:
    return "surrogateescape" if encoding.startswith("utf-8") else "replace"


def _whole(text: str) -> str:
    """The text with the letters that were no UTF-8."""
    return text if text.isascii() or _FOREIGN.search(text) is None else text.translate(_BY_FOREIGN)


class _Lines:
    """Lines for the reader of CSV, which takes them however long they are, and tells no quotation without an end."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._quotes = self._begun = self.count = 0
        self.are_over = False
        # Whether something was no UTF-8.
        self.are_foreign = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._text.readline(_LONGEST_LINE)
        if not line:
            self.are_over = True
            raise StopIteration
        self.count += 1
        if self.count - self._begun > _MOST_LINES:
            raise csv.Error(f"it has more than {_MOST_LINES} lines")
        if len(line) == _LONGEST_LINE and not line.endswith(("\n", "\r")):
            while (rest := self._text.readline(_LONGEST_CELL)) and not rest.endswith(("\n", "\r")):
                pass
            raise csv.Error(f"a line is longer than {_LONGEST_LINE // 1024 // 1024} MB")
        self._quotes += line.count('"')
        whole = _whole(line)
        self.are_foreign |= whole is not line
        return whole

    def begin_row(self) -> None:
        """The lines from here on are another row's."""
        self._quotes = 0
        self._begun = self.count

    @property
    def are_within_quotes(self) -> bool:
        """Whether the row still waits for its second quotation mark."""
        return self._quotes % 2 == 1


_NOT_UTF8 = (
    "Not all letters of the file are UTF-8; the others were read as Windows-1252 (western Europe). If they look wrong, "
    "save the file as UTF-8 and import that."
)


def _never_closed(lines: int) -> str:
    return (
        f"A quotation mark in this row is never closed; the {lines} line(s) after it are part of it, and nothing after "
        "was read. Close it in the file and import it again."
    )


def read_table(upload: Upload, dialect: Dialect | None = None) -> Iterator[TableRow]:
    """Every row below the column names that is not blank, numbered by the line that it begins at.

    :raises NoTable: see `dialect_of`
    :raises OSError: if the file cannot be opened
    """
    dialect = dialect or dialect_of(upload)
    with upload.open() as stream:
        text = io.TextIOWrapper(stream, encoding=dialect.encoding, errors=_errors(dialect.encoding), newline="")
        lines = _Lines(text)
        rows = csv.reader(lines, delimiter=dialect.delimiter)
        is_header = True
        is_told = False
        number = 1
        while True:
            begins_at = number
            lines.begin_row()
            try:
                cells = next(rows, None)
            except UnfoldsTooFar as error:
                yield TableRow(begins_at, fault=str(error))
                break
            except (EOFError, zlib.error, gzip.BadGzipFile):
                yield TableRow(begins_at, fault=DAMAGED)
                break
            except csv.Error as error:
                number = lines.count + 1
                if lines.are_within_quotes:
                    yield TableRow(begins_at, fault=_never_closed(number - begins_at - 1))
                    break
                yield TableRow(
                    begins_at, fault=f"The row cannot be taken apart ({error}). Is a quotation mark missing?"
                )
                continue
            number = lines.count + 1
            if cells is None:
                break
            if lines.are_over and lines.are_within_quotes:
                yield TableRow(begins_at, fault=_never_closed(number - begins_at - 1))
                break
            if not any(cell.strip() for cell in cells):
                continue
            if is_header:
                is_header = False
                continue
            note = _NOT_UTF8 if lines.are_foreign and not is_told else ""
            is_told |= bool(note)
            yield TableRow(begins_at, dialect.columns, cells, note=note)
        text.detach()

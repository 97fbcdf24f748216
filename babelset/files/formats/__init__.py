"""File formats, one a file: each reads rows with their line numbers from bytes, and writes rows to bytes."""

from babelset.files.formats.array import JsonArray
from babelset.files.formats.conll import Conll
from babelset.files.formats.format import Bad, Format, Noted, Reading, Writer
from babelset.files.formats.lines import JsonLines, Text
from babelset.files.formats.parquet import Parquet
from babelset.files.formats.start import Start
from babelset.files.formats.table import Csv, Tsv
from babelset.files.formats.tmx import Tmx

FORMATS: tuple[Format, ...] = (JsonArray(), JsonLines(), Csv(), Tsv(), Parquet(), Text(), Conll(), Tmx())

__all__ = ["FORMATS", "Bad", "Format", "JsonLines", "Noted", "Parquet", "Reading", "Start", "Text", "Writer"]

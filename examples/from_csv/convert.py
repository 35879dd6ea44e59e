"""CSV files, one per table of the event contract, to the Parquet files that Scrubwatch reads.

python examples/from_csv/convert.py SOURCE DATA
"""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow.csv as pc
import pyarrow.parquet as pq

from features.blank import schema_of
from features.contract import TABLES


def convert(source: Path, data: Path) -> None:
    """Write DATA/NAME.parquet for each SOURCE/NAME.csv, with the types of the contract; an empty field is null."""
    data.mkdir(parents=True, exist_ok=True)
    for file in sorted(source.glob("*.csv")):
        types = {field.name: field.type for field in schema_of(TABLES[file.stem], "string")}
        rows = pc.read_csv(file, convert_options=pc.ConvertOptions(column_types=types, strings_can_be_null=True))
        pq.write_table(rows, data / f"{file.stem}.parquet")
        print(f"{file.stem}: {rows.num_rows} rows")


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))

"""What the simulator makes of each frozen market, pinned: digests over rows, whatever Parquet encodes them.

python -m benchmarks.pins           simulates every frozen market and compares it with its pin (`make prove`)
python -m benchmarks.pins --write   pins all anew: only when the markets are frozen anew

The rows also depend on the last bit of exp, log and the like, which other processors and NumPy versions round in
another way; `arithmetic` is a digest of that. Where it differs from the pinned one, rows may differ without a change
of code.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.frozen import FOLDER, FrozenMarket, frozen_market, frozen_names
from simulator import simulate

PINS = FOLDER / "rows.json"


def digest_of_rows(*folders: Path) -> str:
    """SHA-256 over all values of all Parquet files: paths in order, columns by name, rows in their order."""
    whole = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*.parquet")):
            rows = pq.ParquetFile(path).read()
            whole.update(f"{path.relative_to(folder)} {rows.num_rows}\n".encode())
            for name in sorted(rows.column_names):
                whole.update(f"{name} {_kind(rows[name].type)}\n".encode())
                for part in _bytes_of(pa.concat_arrays(rows[name].chunks)) if rows.num_rows else ():
                    whole.update(part)
    return whole.hexdigest()


def _kind(kind: pa.DataType) -> str:
    return str(kind.value_type if pa.types.is_dictionary(kind) else kind)


def _bytes_of(values: pa.Array) -> list[bytes]:
    """Which values are null, then the values, nulls as zero; for texts their lengths and then their letters."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    null = values.is_null().to_numpy(zero_copy_only=False).tobytes()
    if pa.types.is_string(values.type):
        texts = [text or "" for text in values.to_pylist()]
        return [null, np.array([len(text) for text in texts], dtype="<i8").tobytes(), "".join(texts).encode()]
    if not pa.types.is_floating(values.type):
        width = pa.int32() if values.type.bit_width == 32 else pa.int64()
        values = values.cast(pa.int8() if pa.types.is_boolean(values.type) else width)
    return [null, pc.fill_null(values, 0).to_numpy(zero_copy_only=False).astype(_LITTLE[str(values.type)]).tobytes()]


_LITTLE = {"int8": "<i1", "int32": "<i4", "int64": "<i8", "double": "<f8"}


def arithmetic() -> str:
    """Digest of how this machine rounds, and of NumPy's random streams."""
    grid = np.linspace(0.01, 9, 4001)
    random = np.random.Generator(np.random.PCG64(1))
    draws = (random.lognormal(0, 1, 500), random.gamma(2.5, 1, 500), random.poisson(3.3, 500), random.pareto(1.2, 500))
    values = (np.exp(grid), np.log(grid), np.log1p(grid), np.sin(grid), grid**-0.9, grid**1.3, grid**0.4, *draws)
    return hashlib.sha256(b"".join(np.asarray(each, dtype="<f8").tobytes() for each in values)).hexdigest()


def pinned() -> dict[str, str]:
    """The pinned digest of each market's rows, and under `arithmetic` where they were made."""
    return dict(json.loads(PINS.read_text(encoding="utf-8"))) if PINS.is_file() else {}


def rows_of(market: FrozenMarket, folder: Path) -> str:
    """Simulate a frozen market below FOLDER/NAME; the digest of what came of it."""
    data, truth = folder / market.name / "data", folder / market.name / "truth"
    simulate(data, truth, market.settings)
    return digest_of_rows(data, truth)


def main(arguments: list[str]) -> int:
    """Compare every market with its pin, or pin all anew; the exit code is the number of markets that differ."""
    pins, different = pinned(), 0
    made = {"arithmetic": arithmetic()}
    if made["arithmetic"] != pins.get("arithmetic"):
        print("this machine or NumPy rounds in another way than where the markets were pinned: rows may differ")
    for name in frozen_names():
        with tempfile.TemporaryDirectory() as folder:
            made[name] = rows_of(frozen_market(name), Path(folder))
        same = made[name] == pins.get(name)
        different += not same
        print(f"{name:10} {made[name]} {'as pinned' if same else 'DIFFERS FROM ITS PIN'}", flush=True)
    if "--write" in arguments:
        PINS.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
        return 0
    return different


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

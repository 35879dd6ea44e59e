"""Opaque ids: a keyed permutation of row numbers, so that an id tells neither order nor anything else."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]

HALF_BITS = 20
HALF = np.uint64((1 << HALF_BITS) - 1)
ID_LETTERS = 8
ROUNDS = 4
_ALPHABET = np.frombuffer(b"abcdefghijkmnpqrstuvwxyz23456789", dtype=np.uint8)
_PAIRS = np.stack([np.repeat(_ALPHABET, 32), np.tile(_ALPHABET, 32)], axis=1).reshape(-1).view(np.uint16)


class Identity:
    """Turns row numbers of one market into ids; the same seed gives the same ids.

    An id is a number below 2^40 (as text: eight letters). -1 stands for null, here and everywhere in the simulator.
    """

    def __init__(self, seed: int, market: int) -> None:
        """Number the rows of the given market apart from those of all others (at most 256 markets)."""
        self._seed = seed
        self._offset = market << 32

    def of(self, entity: str, rows: npt.NDArray[np.integer]) -> Ints:
        """Ids of the rows of an entity (`seller`, `review`, ...), -1 where the row is -1."""
        numbers = np.asarray(rows, dtype=np.int64)
        ids = _permute((np.maximum(numbers, 0) + self._offset).astype(np.uint64), self._keys(entity))
        return np.where(numbers < 0, np.int64(-1), ids.astype(np.int64))

    def _keys(self, entity: str) -> list[np.uint64]:
        digest = hashlib.sha256(f"{self._seed}/{entity}".encode()).digest()
        return [np.uint64(int.from_bytes(digest[8 * i : 8 * i + 8], "little")) for i in range(ROUNDS)]


def as_text(ids: Ints) -> pa.Array:
    """Ids as eight-letter strings, null where -1."""
    count = len(ids)
    numbers = np.maximum(ids, 0).astype(np.uint64)
    letters = np.empty((count, ID_LETTERS // 2), dtype=np.uint16)
    for place in range(ID_LETTERS // 2):
        letters[:, place] = _PAIRS[((numbers >> np.uint64(30 - 10 * place)) & np.uint64(1023)).astype(np.int64)]
    offsets = np.arange(0, (count + 1) * ID_LETTERS, ID_LETTERS, dtype=np.int32)
    validity = None if (ids >= 0).all() else pa.py_buffer(np.packbits(ids >= 0, bitorder="little").tobytes())
    return pa.Array.from_buffers(pa.string(), count, [validity, pa.py_buffer(offsets), pa.py_buffer(letters.tobytes())])


def _permute(numbers: npt.NDArray[np.uint64], keys: list[np.uint64]) -> npt.NDArray[np.uint64]:
    left, right = numbers >> np.uint64(HALF_BITS), numbers & HALF
    for key in keys:
        left, right = right, left ^ (_scramble(right, key) & HALF)
    return (left << np.uint64(HALF_BITS)) | right


def _scramble(numbers: npt.NDArray[np.uint64], key: np.uint64) -> npt.NDArray[np.uint64]:
    mixed = (numbers ^ key) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return mixed ^ (mixed >> np.uint64(32))

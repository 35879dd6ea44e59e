"""Breaks the clock in one place after the other and shows that some test notices: ``python -m benchmarks.mutations``.

Every comparison of instants, days or cutoffs in the SQL of ``features`` is turned from strict to not, or back; every
``greatest`` of two clocks loses one of them; every cast of ``known_at`` takes the event's own time; and the version of
a listing or an account forgets from when it is valid. The places are found by their form, so that new ones are found
too. Each mutant lives in a copy of the tree, where the quickest tests that could notice run first. A survivor ends with
exit code 1.
"""

from __future__ import annotations

import ast
import itertools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
AT_ONCE = 2
MOST_SECONDS = 900

TESTS = (
    (
        "test_twin.py::test_the_naive_twin_agrees_where_instants_meet",
        "test_removers.py",
        "test_laws.py::test_a_window_begins_with_its_first_instant",
        "test_clock.py",
        "test_ranks.py",
        "test_edges.py",
    ),
    ("test_twin.py", "test_laws.py"),
    ("test_removals.py", "test_exactly_once.py", "test_intake.py", "test_refusal.py"),
)
"""Tests of ``tests/features``, the quickest that could notice first, after those of the mutated module."""

ABOUT = {
    "features/coverage.py": ("test_edges.py",),
    "features/families/queue_work.py": ("test_removal_tickets.py",),
    "features/families/rank_moves.py": ("test_ranks.py",),
    "features/families/reviewer_look_ups.py": ("test_pressure.py",),
    "features/families/staff_service.py": ("test_rivals.py",),
    "features/grid.py": ("test_edges.py",),
    "features/judging.py": ("test_edges.py", "test_refusal.py"),
    "features/landing.py": ("test_late_news.py",),
    "features/lookups/": ("test_late_news.py",),
    "features/lookups/query_days.py": ("test_exactly_once.py",),
    "features/outdated.py": ("test_late_news.py",),
    "features/pairs.py": ("test_sales.py",),
    "features/reading.py": ("test_edges.py", "test_refusal.py"),
}
"""Tests of modules, by the beginning of their path, that do not bear the module's name."""

OTHER_SIGN = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
OF_TIME = re.compile(
    r"day|as_of|known|happened|_at\b|_on\b|_from\b|_until\b|cutoff|recorded|version|earliest|latest|deadline|moment",
    re.IGNORECASE,
)
COMPARISON = re.compile(r"(?P<left>[\w.{}'()\[\]]+) (?P<sign><=|>=|<|>) (?P<right>[\w.{}'()\[\]]+)")
TWO_CLOCKS = re.compile(r"greatest\((?P<one>[\w.{}]+), (?P<other>(?:[\w.{}]+|coalesce\([^()]*\)))\)")
CAST_OF_KNOWN = re.compile(r"(?:cast\(|date_trunc\('week', )(?P<clock>known_at)\b")
VALID_FROM = re.compile(r"order by (?P<clock>[ps]\.valid_from)|cast\((?P<cast>p\.valid_from) as timestamp\)")

EQUIVALENT: dict[tuple[str, str], str] = {
    (
        "features/across.py",
        "and (until_on is null or until_on [>= -> >] date '{cutoff}') and {kind.by} is not null{late}",
    ): "no kind that names an entity is ever corrected: until_on is null",
    (
        "features/families/account_standing.py",
        "and p.happened_at [> -> >=] a.happened_at - interval '{_HOURS[-1]}' hour",
    ): "an appeal as old as that lies in none of the bins",
    (
        "features/families/neighbours.py",
        "from staff_removals_in_window where negatives_removed_by_known [> -> >=] 0",
    ): "rows in which it is 0 are not in the window, as no other measure is read of them",
    (
        "features/families/rank_moves.py",
        "p.last_known_at [<= -> <] c.first_known_at as settled",
    ): "with both instants equal both ways of reading the earlier day give the same rows",
    (
        "features/families/rank_moves.py",
        "where c.prior_on [< -> <=] c.observed_on",
    ): "a query has one row a day, so that an earlier row is of another day",
    (
        "features/families/rank_moves.py",
        "where until_on is null or until_on [> -> >=] cast(known_at as date)",
    ): "a row replaced on its own day is held by no cutoff: the join asks for until_on >= as_of > day",
    (
        "features/families/rank_moves.py",
        "where until_on is null or until_on > cast([known_at -> happened_at] as date)",
    ): "a row replaced on its own day or before is held by no cutoff, whether it is stored or not",
    (
        "features/families/review_states.py",
        "join listing_holders as h on p.product_id = h.product_id and h.known_from [> -> >=] p.known_at",
    ): "a review is held from the instant at which it is known; moving it to its holder takes and gives the same",
    (
        "features/gathered.py",
        'return f"day >= as_of - {days} and day < as_of and (until_on is null or until_on [>= -> >] as_of)"',
    ): "no kind whose rows are gathered is ever corrected: until_on is null",
    (
        "features/listings.py",
        "select product_id from listing_versions where version [> -> >=] 1",
    ): "a product of one version has the same single span, whichever of the two ways makes it",
    (
        "features/listings.py",
        "i.version [<= -> <] j.version and better.version > i.version and better.version <= j.version",
    ): "where i is j no version lies between them, so that none is better",
    (
        "features/listings.py",
        "having i.known_at [< -> <=] coalesce(min(better.known_at), timestamp '9999-12-31 00:00:00')",
    ): "a span that ends when it begins holds no instant",
    (
        "features/workings.py",
        (
            "rows = f\"select * from {name}_all where known_at [< -> <=] date '{as_of}'"
            " and ({OF_SELLERS.get(name, 'false')})\""
        ),
    ): "what becomes known in the first instant of the cutoff makes facts of that day, which no window holds",
    (
        "features/landing.py",
        (
            "join listing_versions as l on r.product_id = l.product_id and l.version = 1"
            " and r.known_at [< -> <=] l.listing_known_at"
        ),
    ): "a week that is held to be ahead of its listings is read once more, and nothing else",
    (
        "features/lookups/query_days.py",
        "min(r.known_at) as known_at, bool_or(r.known_at [< -> <=] l.listing_known_at) as ahead",
    ): "a query that is held to be ahead of its listings is read whole, and tells the same",
    (
        "features/lookups/query_days.py",
        "on w.query_id = i.query_id and i.observed_on [>= -> >] r.since and i.known_at < cast(w.first_on as timestamp)",
    ): "a query of which the last weeks are held not to tell all is read whole, and tells the same",
    (
        "features/lookups/query_days.py",
        "where w.first_on [>= -> >] r.since",
    ): "a query of which the last weeks are held not to tell all is read whole, and tells the same",
    (
        "features/lookups/query_days.py",
        (
            "join listing_versions as l on r.product_id = l.product_id and l.version = 1"
            " and r.known_at [< -> <=] l.listing_known_at"
        ),
    ): "more weeks are made anew, as they were",
    (
        "features/lookups/query_days.py",
        "select [greatest(r.known_at, l.listing_known_at) -> r.known_at]",
    ): "where the listing comes later, all weeks from the row's on are made anew",
}
"""Mutants that change nothing, by file and mutated text, with the reason."""


@dataclass(frozen=True)
class Mutant:
    """One place in one file, and what stands there instead."""

    file: str
    start: int
    end: int
    instead: str
    line: int
    told: str


def mutants_of(path: Path) -> Iterator[Mutant]:
    """All mutants of one module, from the SQL in its strings."""
    text, name = path.read_text(encoding="utf-8"), str(path.relative_to(ROOT))
    for first, last in _strings(text):
        for start, end, instead in _changes(text, first, last):
            line_start, line_end = text.rfind("\n", 0, start) + 1, text.find("\n", end)
            told = f"{text[line_start:start]}[{text[start:end]} -> {instead}]{text[end:line_end]}".strip()
            yield Mutant(name, start, end, instead, text.count("\n", 0, start) + 1, told)


def _strings(text: str) -> Iterator[tuple[int, int]]:
    """Where the text's strings lie, those that only document aside; a string inside another is not told twice."""
    lines = text.splitlines(keepends=True)
    starts = [0, *itertools.accumulate(map(len, lines))]

    def place(line: int, byte: int) -> int:
        return starts[line - 1] + len(lines[line - 1].encode()[:byte].decode())

    tree = ast.parse(text)
    documenting = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    reached = -1
    found = [
        (place(node.lineno, node.col_offset), place(node.end_lineno, node.end_col_offset))
        for node in ast.walk(tree)
        if (isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)))
        and id(node) not in documenting
        and node.end_lineno is not None
        and node.end_col_offset is not None
    ]
    for first, last in sorted(found, key=lambda span: (span[0], -span[1])):
        if first > reached:
            reached = last - 1
            yield first, last


def _changes(text: str, first: int, last: int) -> Iterator[tuple[int, int, str]]:
    for match in COMPARISON.finditer(text, first, last):
        if OF_TIME.search(match["left"]) or OF_TIME.search(match["right"]):
            yield *match.span("sign"), OTHER_SIGN[match["sign"]]
    for match in TWO_CLOCKS.finditer(text, first, last):
        if OF_TIME.search(match[0]):
            yield *match.span(), match["one"]
            yield *match.span(), match["other"]
    for match in CAST_OF_KNOWN.finditer(text, first, last):
        yield *match.span("clock"), "happened_at"
    for match in VALID_FROM.finditer(text, first, last):
        if match["clock"]:
            yield *match.span("clock"), match["clock"].replace("valid_from", "known_at")
        else:
            yield *match.span("cast"), "p.listed_on"


def killer_of(mutant: Mutant | None) -> str | None:
    """The test that notices the mutant, or fails without one; None if it survives."""
    with TemporaryDirectory() as name:
        tree = Path(name) / "tree"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".*", "store", "demo", "real", "__pycache__"))
        if mutant is not None:
            target = tree / mutant.file
            text = target.read_text(encoding="utf-8")
            target.write_text(text[: mutant.start] + mutant.instead + text[mutant.end :], encoding="utf-8")
        for files in ((_own_tests(mutant),) if mutant is not None else ()) + TESTS:
            failed = _first_failure(tree, files)
            if failed is not None:
                return failed
    return None


def _own_tests(mutant: Mutant) -> tuple[str, ...]:
    """The files of tests that are about the mutated module."""
    named = f"test_{Path(mutant.file).stem}.py"
    own = [name for start, names in ABOUT.items() if mutant.file.startswith(start) for name in names]
    return (*own, *([named] if (ROOT / "tests/features" / named).exists() else []))


def _first_failure(tree: Path, files: tuple[str, ...]) -> str | None:
    if not files:
        return None
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--tb=no", *(f"tests/features/{name}" for name in files)]
    surroundings = {**os.environ, "PYTHONPATH": str(tree), "SCRUBWATCH_UNSHRUNK": "1"}
    try:
        run = subprocess.run(
            command, cwd=tree, env=surroundings, capture_output=True, text=True, timeout=MOST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return "ran without end"
    if run.returncode == 0:
        return None
    named = re.search(r"^(?:FAILED|ERROR) \S*/(\w+\.py\S*)", run.stdout, re.MULTILINE)
    return named[1] if named else run.stdout[-200:]


def main(wanted: str = "") -> None:
    """Try every mutant whose file or text holds what is wanted, and tell which survive."""
    mutants = [mutant for path in sorted((ROOT / "features").rglob("*.py")) for mutant in mutants_of(path)]
    mutants = [mutant for mutant in mutants if wanted in mutant.file or wanted in mutant.told]
    equivalent = [mutant for mutant in mutants if (mutant.file, mutant.told) in EQUIVALENT]
    tried = [mutant for mutant in mutants if mutant not in equivalent]
    print(f"{len(mutants)} mutants, {len(equivalent)} of them change nothing for a reason that is given", flush=True)
    whole = killer_of(None)
    if whole is not None:
        sys.exit(f"without any mutant {whole} fails already: mend that first")
    survivors = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for mutant, killer in zip(tried, pool.map(killer_of, tried), strict=True):
            survivors += killer is None
            print(f"{mutant.file}:{mutant.line}: {mutant.told}\n    {killer or 'SURVIVED'}", flush=True)
    print(f"{len(tried) - survivors} noticed, {survivors} survived")
    if survivors:
        sys.exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:2])

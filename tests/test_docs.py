"""Every block of the documentation runs, in its page's order; what the first hour typed stands in the README."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import configs
from features.settings import read_settings
from model.settings import Configuration
from tests.pages import ROOT, commands_of, run_commands

DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {page.stem: page.read_text(encoding="utf-8") for page in sorted(DOCS.glob("*.md"))}
COMMANDS = {name: commands for name, page in PAGES.items() if (commands := commands_of(page))}

TOGETHER = ("howto", "desk")  # the second goes on with the market and the run that the first has made

# So few sellers, of whom so many are found, that a model can be fitted; the last cutoff is that of the page.
SMALL_MARKET = """python - <<'END'
from pathlib import Path
from simulator import simulate
from simulator.settings import settings_with

found = {"guilt": {"guilty_share": 0.3}, "verdicts": {"tips_on_guilty_per_week": 6.0, "audits_per_week": 2.0}}
settings = settings_with({"market": {"start_on": "2024-10-21"}, **found}, sellers=60, weeks=36, seed=6)
simulate(Path("market"), Path("market-truth"), settings)
END"""

# What takes minutes, needs Java, or was done by the page before, runs as this instead.
REPLACED = {
    "scrubwatch simulate market --sellers 2000 --weeks 78 --seed 1": SMALL_MARKET,
    "scrubwatch retrain market --as-of 2025-06-02": (  # fewer cases are enough for a first champion
        "sed 's/min_positive_cases: 20/min_positive_cases: 2/' mine/scrubwatch.yaml > few.yaml;"
        " scrubwatch retrain market --as-of 2025-06-02 --config few.yaml | grep 'first champion'"
    ),
    "scrubwatch simulate market --sellers 60 --weeks 54 --seed 1": "test -d market",
    "scrubwatch score market --as-of 2025-01-13 --out scores": "test -s scores/cases.parquet",
    "scrubwatch simulate market --sellers 3000 --weeks 90": "scrubwatch simulate --help | grep -e --weeks",
    "scrubwatch retrain market --as-of 2025-03-24": "scrubwatch retrain --help | grep -e --as-of",
    "scrubwatch evade market --model champion --against 3 --as-of 2025-03-24 --page evasion.html": (
        "scrubwatch evade --help | grep -e --against"
    ),
    "python -m benchmarks.judged hard easy": f"(cd {ROOT}; python -m benchmarks.judged --help | grep -e MARKET)",
    "python -m benchmarks.judged hard_01 --outputs DIR": f"grep -e --outputs {ROOT}/benchmarks/judged.py",
    "pip install --require-hashes -r requirements-spark.lock     # PySpark 4.3; Java 17 from your system": (
        f"grep -e ^pyspark==4.3 {ROOT}/requirements-spark.lock"
    ),
    "scrubwatch features lake.market --as-of 2026-01-05 --out signals.parquet --engine spark --store /shared/store": (
        "scrubwatch features --help | grep -e --engine"
    ),
}

PRINTED = {
    "desk": (
        ": whole; ",
        "recomputed from the seller's rows",
        " held ",
        " released ",
        " packed ",
        " explained ",
        " gave a verdict ",
    ),
}
"""What a page's commands must print, beside ending well."""


def test_every_replaced_command_is_in_a_page() -> None:
    assert REPLACED.keys() <= {command for commands in COMMANDS.values() for command in commands}


def test_the_pages_that_run_together_have_commands() -> None:
    assert set(TOGETHER) <= COMMANDS.keys()


@pytest.mark.parametrize("pages", [TOGETHER, *((name,) for name in COMMANDS if name not in TOGETHER)], ids="-".join)
def test_every_block_runs(pages: tuple[str, ...], tmp_path: Path) -> None:
    for name in pages:
        printed = run_commands(COMMANDS[name], tmp_path, REPLACED)
        assert [words for words in PRINTED.get(name, ()) if words not in printed] == []


def test_every_block_of_settings_is_one_that_a_job_takes(tmp_path: Path) -> None:
    fenced = re.compile(r"^```yaml\n(.*?)^```", re.DOTALL | re.MULTILINE)
    blocks = [block for page in PAGES.values() for block in fenced.findall(page)]
    assert len(blocks) >= 2
    for block in blocks:
        settings = yaml.safe_load(configs.SHIPPED.read_text(encoding="utf-8"))
        for part, told in yaml.safe_load(block).items():
            settings[part] |= told
        file = tmp_path / "settings.yaml"
        file.write_text(yaml.safe_dump(settings), encoding="utf-8")
        read_settings(file, Configuration)


def test_every_command_of_the_first_hour_is_in_the_readme() -> None:
    typed = re.findall(r"^\$ (.*)", PAGES["first_hour"], re.MULTILINE)
    assert len(typed) > 10
    assert [command for command in typed if command not in commands_of(README)] == []


def test_every_relative_link_leads_to_a_file() -> None:
    links = {(name, link) for name, page in PAGES.items() for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page)}
    assert len(links) > 40
    assert [each for each in sorted(links) if not (DOCS / each[1]).exists()] == []


def test_pages_name_each_other_by_links() -> None:
    named = [(name, line) for name, page in PAGES.items() for line in re.findall(r"(?<!\[)`docs/[a-z_]+\.md`", page)]
    assert named == []

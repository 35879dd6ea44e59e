"""The log shows whatever is done to it, and a killed writer harms nothing."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from features.audit_log import AuditLog, entry_as_text
from features.errors import ScrubwatchError

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    log = AuditLog(tmp_path, wait_seconds=5)
    log.append(NOON, "ada", "promoted", "first of its kind", {"model": "seller-risk 1"})
    log.append(NOON, "ada", "promoted", "better lists", {"model": "seller-risk 2"})
    log.append(NOON, "ben", "rolled back", "worse lists", {"model": "seller-risk 1"})
    return log


def test_entries_come_back_in_order_and_the_head_is_that_of_the_last(log: AuditLog) -> None:
    assert [entry.why for entry in log.entries()] == ["first of its kind", "better lists", "worse lists"]
    assert log.head() == log.entries()[-1].digest
    assert entry_as_text(log.entries()[0]) == (
        "2026-01-05T12:00:00+00:00  ada promoted model seller-risk 1: first of its kind"
    )


def test_an_empty_log_has_no_head(tmp_path: Path) -> None:
    assert AuditLog(tmp_path, 5).head() is None


def test_only_its_owner_can_read_it(log: AuditLog) -> None:
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600


def test_the_last_entry_of_an_action_is_found_by_its_details(log: AuditLog) -> None:
    found = log.find("promoted", model="seller-risk 1")
    assert found is not None
    assert found.number == 1
    assert log.find("promoted", model="seller-risk 3") is None


@pytest.mark.parametrize("harm", ["changed", "dropped", "swapped", "put in between", "no entry"])
def test_tampering_is_seen(log: AuditLog, harm: str) -> None:
    lines = log.path.read_text().splitlines()
    forged = json.dumps(json.loads(lines[1]) | {"why": "no reason"}, sort_keys=True)
    altered = {
        "changed": [lines[0], forged, lines[2]],
        "dropped": [lines[0], lines[2]],
        "swapped": [lines[1], lines[0], lines[2]],
        "put in between": [lines[0], lines[0], *lines[1:]],
        "no entry": [lines[0], "{}", lines[2]],
    }
    log.path.write_text("\n".join(altered[harm]) + "\n")
    with pytest.raises(ScrubwatchError, match=r"audit\.log: line 1|audit\.log: line 2"):
        log.append(NOON, "eve", "promoted", "unseen", {})


def test_what_a_killed_writer_left_is_cut_off(log: AuditLog) -> None:
    with log.path.open("a") as file:
        file.write('{"number": 4, "at": "2026-0')
    assert len(log.entries()) == 3
    assert log.append(NOON, "ada", "promoted", "again", {}).number == 4
    assert len(log.entries()) == 4

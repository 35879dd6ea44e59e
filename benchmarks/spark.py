"""What Spark costs: a market taken in, folded and computed on one process, on two, and on two workers of a cluster.

Run it as ``python -m benchmarks.spark``; it needs PySpark and Java. Each way runs in a process of its own, and what it
did is read from Spark's event log, so that the numbers of stages can be compared from one version to the next.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import configs
from benchmarks.engine.market import SIZES, WEEKS, Size, cutoff, write_market
from features.intake import take_in
from features.panel import signals_at
from features.settings import read_settings
from features.store import Store
from model.settings import Configuration

WAYS = ("duckdb", "local[1]", "local[2]", "two workers")
TINY = {"XXS": Size(500, 20_000, 2_000, 60_000)}
"""A size that costs hardly more than the statements themselves."""

STEPS = ("taking in", "tiles and signals", "another cutoff")
MASTER_PORT = 17077

_CPU = "internal.metrics.executorCpuTime"
_SHUFFLED = "internal.metrics.shuffle.write.bytesWritten"
_SPILLED = "internal.metrics.diskBytesSpilled"


@dataclass
class Step:
    """What one step took: seconds on the clock; of Spark its stages, tasks, CPU seconds, bytes shuffled and spilled."""

    seconds: float
    stages: int = 0
    tasks: int = 0
    cpu: float = 0.0
    shuffled: int = 0
    spilled: int = 0


@dataclass(frozen=True)
class Settings:
    """Where a way finds the market, and where it leaves its store and Spark's log."""

    way: str
    data: Path
    folder: Path
    master: str = ""
    weeks: int = field(default=WEEKS)


def run(settings: Settings) -> dict[str, Step]:
    """Take the market in, compute the signals of its last cutoff, then those of the week before."""
    configuration = read_settings(configs.SHIPPED, Configuration)
    engine = configuration.engine.model_copy(update={"name": "duckdb" if settings.way == "duckdb" else "spark"})
    configuration = configuration.model_copy(update={"engine": engine})
    store, last = Store(settings.folder / "store"), cutoff(settings.weeks)
    marks = [time.time()]
    if settings.way != "duckdb":
        _start(settings)
        marks = [time.time()]
    take_in(settings.data, store, last, configuration)
    marks.append(time.time())
    signals_at(store, [last], configuration)
    marks.append(time.time())
    signals_at(store, [cutoff(settings.weeks - 1)], configuration)
    marks.append(time.time())
    steps = {name: Step(marks[place + 1] - marks[place]) for place, name in enumerate(STEPS)}
    if settings.way != "duckdb":
        _stop()
        _read_log(settings.folder / "log", marks, steps)
    return steps


def _start(settings: Settings) -> None:
    from pyspark.sql import SparkSession  # noqa: PLC0415  (an extra)

    os.environ["PYSPARK_PYTHON"] = sys.executable
    log = settings.folder / "log"
    log.mkdir(parents=True)
    wanted = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": log.as_uri(),
        "spark.eventLog.compress": "false",
        "spark.eventLog.rolling.enabled": "false",
        "spark.ui.enabled": "false",
        "spark.driver.memory": "3g",
        "spark.executor.memory": "2g",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": "8",
    }
    builder = SparkSession.builder.master(settings.master or settings.way)
    for name, value in wanted.items():
        builder = builder.config(name, value)
    builder.getOrCreate().sparkContext.setLogLevel("ERROR")


def _stop() -> None:
    from pyspark.sql import SparkSession  # noqa: PLC0415  (an extra)

    SparkSession.builder.getOrCreate().stop()


def _read_log(log: Path, marks: list[float], steps: dict[str, Step]) -> None:
    """Add to each step the stages that were completed in it."""
    (file,) = log.iterdir()
    with file.open(encoding="utf-8") as lines:
        events = (json.loads(line) for line in lines if line.startswith('{"Event":"SparkListenerStageCompleted"'))
        for event in events:
            stage = event["Stage Info"]
            ended = stage["Completion Time"] / 1000
            step = next((name for place, name in enumerate(STEPS) if ended <= marks[place + 1]), STEPS[-1])
            _add(steps[step], stage)


def _add(step: Step, stage: dict[str, Any]) -> None:
    values = {each["Name"]: int(each["Value"]) for each in stage["Accumulables"] if each["Name"].startswith("internal")}
    step.stages += 1
    step.tasks += stage["Number of Tasks"]
    step.cpu += values.get(_CPU, 0) / 1e9
    step.shuffled += values.get(_SHUFFLED, 0)
    step.spilled += values.get(_SPILLED, 0)


@contextmanager
def cluster(workers: int) -> Iterator[str]:
    """Start a standalone master and workers of one core on loopback; yields the master's address."""
    import pyspark  # noqa: PLC0415  (an extra)

    begin = str(Path(pyspark.__file__).parent / "bin" / "spark-class")
    address = f"spark://127.0.0.1:{MASTER_PORT}"
    common = ["--host", "127.0.0.1", "--webui-port", "0"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with TemporaryDirectory() as work:
        commands = [[begin, "org.apache.spark.deploy.master.Master", *common, "--port", str(MASTER_PORT)]]
        worker = [begin, "org.apache.spark.deploy.worker.Worker", *common, "--cores", "1", "--memory", "2g"]
        commands += [[*worker, "--work-dir", work, address]] * workers
        started = []
        try:
            for command in commands:
                started.append(subprocess.Popen(command, **quiet))  # type: ignore[call-overload]
                time.sleep(8)  # a worker asks its master again only after long
            yield address
        finally:
            for process in reversed(started):
                process.terminate()
                process.wait()


def told(found: dict[str, dict[str, Step]]) -> list[str]:
    """Lines of a table: a step of a way each."""
    lines = [
        "| way | step | seconds | stages | tasks | executors' CPU-s | shuffled MB | spilled MB |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for way, steps in found.items():
        for name, step in steps.items():
            moved = f"{step.shuffled / 1e6:.1f} | {step.spilled / 1e6:.1f}"
            did = f"{step.stages:,} | {step.tasks:,} | {step.cpu:.0f} | {moved}"
            lines.append(f"| {way} | {name} | {step.seconds:.0f} | {' | | | | ' if way == 'duckdb' else did} |")
    return lines


def stored(store: Path) -> list[str]:
    """Lines of a table: of each group of the store's files the rows, and the bytes of one."""
    sums: dict[str, list[int]] = {}
    for entry in Store(store).manifest().files.values():
        counted = sums.setdefault(entry.group.partition("@")[0], [0, 0])
        counted[0] += entry.rows
        counted[1] += entry.size
    lines = ["| group | rows | bytes | bytes a row |", "| --- | ---: | ---: | ---: |"]
    return lines + [
        f"| {group} | {rows:,} | {size:,} | {size / rows:.1f} |" for group, (rows, size) in sorted(sums.items()) if rows
    ]


def _in_a_process(way: str, data: Path, folder: Path, master: str) -> dict[str, Step]:
    command = [sys.executable, "-m", "benchmarks.spark", "--way", way, "--data", str(data), "--folder", str(folder)]
    answer = subprocess.run([*command, "--master", master], check=True, stdout=subprocess.PIPE, text=True)
    return {name: Step(**step) for name, step in json.loads(answer.stdout.splitlines()[-1]).items()}


def main() -> None:
    """Run all ways, or the one that is named, and print what they took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=[*TINY, *SIZES], default="S")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    parser.add_argument("--way")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--master", default="")
    given = parser.parse_args()
    if given.way:
        steps = run(Settings(given.way, given.data, given.folder, given.master))
        print(json.dumps({name: vars(step) for name, step in steps.items()}))
        return
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_market(folder / "data", (TINY | SIZES)[given.size])
        found = {}
        for number, way in enumerate(given.ways):
            if way == "two workers":
                with cluster(2) as master:
                    found[way] = _in_a_process(way, folder / "data", folder / str(number), master)
            else:
                found[way] = _in_a_process(way, folder / "data", folder / str(number), "")
            print("\n".join(told({way: found[way]})), flush=True)
        print("\n".join(["", *told(found), "", *stored(folder / "0" / "store")]))


if __name__ == "__main__":
    main()

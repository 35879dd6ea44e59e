from pathlib import Path

import pytest
import yaml

from features.errors import WrongUse
from features.settings import read_settings
from model.settings import Configuration

SHIPPED = Path(__file__).parents[2] / "configs" / "scrubwatch.yaml"


def _changed(configuration: Configuration, section: str, **settings: object) -> Configuration:
    content = configuration.model_dump()
    content[section].update(settings)
    return Configuration.model_validate(content)


def test_the_shipped_file_is_complete(configuration: Configuration) -> None:
    assert configuration.labels.judged_days == 364
    assert configuration.calibration.min_design_verdicts == 200
    assert configuration.alerts.audits_share == 0.1


def test_every_setting_of_the_shipped_file_is_explained_in_place() -> None:
    settings = [line for line in SHIPPED.read_text().splitlines() if line.startswith("  ") and ": " in line]
    inside_a_mapping = [line for line in settings if line.startswith("    ")]
    assert [line for line in settings if "#" not in line and line not in inside_a_mapping] == []


def test_an_unknown_setting_is_an_error_that_names_the_near_one(tmp_path: Path) -> None:
    content = yaml.safe_load(SHIPPED.read_text())
    content["alerts"]["rest_day"] = 3
    (tmp_path / "weekly.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(WrongUse, match=r"unknown setting 'alerts\.rest_day'; did you mean 'alerts\.rest_days'\?"):
        read_settings(tmp_path / "weekly.yaml", Configuration)


@pytest.mark.parametrize(
    ("section", "setting"), [("engine", "threads"), ("classifier", "threads"), ("alerts", "budget")]
)
def test_what_changes_no_model_changes_no_digest(configuration: Configuration, section: str, setting: str) -> None:
    assert _changed(configuration, section, **{setting: 1}).digest == configuration.digest


@pytest.mark.parametrize(
    ("section", "setting"),
    [
        ("labels", "panel_weeks"),
        ("classifier", "seed"),
        ("peers", "min_group_sellers"),
        ("relations", "max_sellers_linked"),
    ],
)
def test_what_changes_a_model_changes_the_digest(configuration: Configuration, section: str, setting: str) -> None:
    assert _changed(configuration, section, **{setting: 7}).digest != configuration.digest


def test_audits_take_at_least_a_tenth_of_the_budget(configuration: Configuration) -> None:
    with pytest.raises(ValueError, match=r"greater than or equal to 0\.1"):
        _changed(configuration, "alerts", audits_share=0.05)


def test_a_marketplace_may_have_its_own_budget(configuration: Configuration) -> None:
    alerts = _changed(configuration, "alerts", budget_by_marketplace={"DE": 7}).alerts
    assert (alerts.budget_of("DE"), alerts.budget_of("US")) == (7, 100)


def test_a_site_may_be_left_out_of_the_staffs_scoring(configuration: Configuration) -> None:
    staff = _changed(configuration, "staff", staff_scoring_by_site={"south": "off"}).staff
    assert [staff.scores(site) for site in ("south", "north", None)] == [False, True, True]


def test_the_plain_word_off_switches_the_staffs_scoring_off(tmp_path: Path) -> None:
    text = SHIPPED.read_text().replace("staff_scoring: pseudonymous ", "staff_scoring: off ")
    (tmp_path / "weekly.yaml").write_text(text.replace("by_site: {}", "by_site: {north: pseudonymous}"))
    staff = read_settings(tmp_path / "weekly.yaml", Configuration).staff
    assert [staff.scores(site) for site in ("south", "north", None)] == [False, True, False]

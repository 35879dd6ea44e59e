"""How long verdicts take, where slow ones are not in yet."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest

from model.settings import LabelSettings
from training.verdict_lag import share_recorded_by, verdict_lag


def test_where_every_lag_could_be_seen_it_is_the_plain_share() -> None:
    lags, share = share_recorded_by(np.array([1.0, 2.0, 2.0, 4.0]), np.array([9.0, 9.0, 9.0, 9.0]))
    assert lags.tolist() == [1.0, 2.0, 4.0]
    assert share.tolist() == pytest.approx([0.25, 0.75, 1.0])


def test_investigations_that_began_lately_do_not_make_the_lag_look_short() -> None:
    """Half take 1 week, half 5; of four that began 2 weeks ago only the two fast ones are in."""
    lags, share = share_recorded_by(
        np.array([1.0, 1.0, 5.0, 5.0, 1.0, 1.0]), np.array([20.0, 20.0, 20.0, 20.0, 2.0, 2.0])
    )
    assert dict(zip(lags.tolist(), share.tolist(), strict=True)) == {1.0: pytest.approx(0.5), 5.0: 1.0}


def test_the_verdicts_still_to_come_are_those_of_slow_investigations(
    verdict_rows: Callable[..., pd.DataFrame], label_settings: LabelSettings
) -> None:
    """A year ago one took 1 week and one 30; two of the last weeks took 1 week, so as many are still to come."""
    rows = verdict_rows(
        {"seller_id": "a", "opened_at": "2023-01-02", "decided_at": "2023-01-09"},
        {"seller_id": "b", "opened_at": "2023-01-02", "decided_at": "2023-07-31"},
        {"seller_id": "c", "opened_at": "2024-05-06", "decided_at": "2024-05-13"},
        {"seller_id": "d", "opened_at": "2024-05-06", "decided_at": "2024-05-13"},
    )
    found = verdict_lag(rows, date(2024, 6, 3), label_settings)
    assert (found.verdicts, found.median_weeks) == (4, 1.0)
    assert found.still_to_come == pytest.approx(0.5)


def test_without_a_verdict_nothing_is_said(
    verdict_rows: Callable[..., pd.DataFrame], label_settings: LabelSettings
) -> None:
    assert np.isnan(verdict_lag(verdict_rows(), date(2024, 6, 3), label_settings).still_to_come)

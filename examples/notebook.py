"""A first hour with the signals, as a notebook kept as text: each `# %%` begins a cell.

Jupyter with jupytext, VS Code and PyCharm open it as a notebook; `python examples/notebook.py` runs it whole.
"""

# %% A marketplace with more culprits than any has in life, so that a small one teaches something; the job's settings
from datetime import date
from pathlib import Path

import matplotlib.pyplot as plt

import configs
import training
from features import signals_at
from features.catalogue import CATALOGUE
from features.intake import take_in
from features.settings import read_settings
from features.store import Store
from model.classifier import SellerRiskClassifier, fit_folds
from model.metrics import METRICS, estimate
from model.settings import Configuration
from simulator import simulate
from simulator.settings import settings_with
from training.split import CaseFolds
from training.steps import Surroundings
from training.weekly import retrain

SELLERS, WEEKS = 400, 80
AS_OF = date(2025, 7, 7)
FOLDER = Path("notebook")

often_found = {"guilt": {"guilty_share": 0.2}, "verdicts": {"tips_on_guilty_per_week": 3.0, "audits_per_week": 2.0}}
simulate(FOLDER / "data", FOLDER / "truth", settings_with(often_found, sellers=SELLERS, weeks=WEEKS, seed=3))
configuration = read_settings(configs.SHIPPED, Configuration)
store = Store(FOLDER / "store")
take_in(FOLDER / "data", store, AS_OF, configuration)

# %% The signals of any date: one row a seller, one column a signal; nothing in it was known on that day or later
signals = signals_at(store, [AS_OF], configuration)
print(signals[["seller_id", "marketplace", "negative_removals_91d", "rank_jump_91d"]].describe())
print(CATALOGUE["negative_removals_91d"].why)

# %% What `retrain` learns from: past cutoffs, labelled by the verdicts known by now
rows = training.panel(store, AS_OF, configuration)
print(rows.groupby("label", dropna=False)["seller_id"].nunique())

# %% An idea of your own, judged by folds that never split a case
names = [name for name, signal in CATALOGUE.items() if signal.direction > 0 and rows[name].notna().any()]
culprit = (rows["label"] == 1).astype(int)
folds = list(CaseFolds(3, seed=1).split(rows, rows["label"], rows["case"]))
idea = SellerRiskClassifier(trees=60, max_depth=2, signal_share=0.3, directions=dict.fromkeys(names, 1))
found = fit_folds(idea, rows[names], culprit, folds, rows["weight"])

# %% One row a seller; an interval that counts cases, not rows
last = rows.assign(margin=found.margins).drop_duplicates("seller_id", keep="last")
for name, order in {"the idea": last["margin"], "sorted by removals": last["negative_removals_91d"]}.items():
    figure = estimate(
        METRICS["average_precision"],
        (last["label"] == 1).to_numpy(dtype=float),
        order.fillna(0).to_numpy(),
        last["case"].to_numpy(),
        budget=configuration.alerts.budget,
        seed=1,
    )
    print(f"{name}: average precision {figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})")

# %% A picture
places = last.sort_values("margin", ascending=False)["label"].eq(1).cumsum().to_numpy()
plt.step(range(1, len(places) + 1), places, where="post")
plt.xlabel("length of the list")
plt.ylabel("culprits on it")
plt.savefig(FOLDER / "culprits.png")

# %% The same idea as a change of settings: fitted as the weekly job fits it, compared on sellers that neither knew
earlier = date(2025, 2, 10)
shallow = configuration.model_copy(update={"classifier": configuration.classifier.model_copy(update={"max_depth": 2})})
versions = [
    retrain(FOLDER / "data", store.path, earlier, settings, Surroundings()).model
    for settings in (configuration, shallow)
]
compared = training.compare(
    list(filter(None, versions)), FOLDER / "data", store.path, AS_OF, configuration, Surroundings()
)
print([(fact.name, *fact.values) for fact in compared.facts])
for shown in compared.figures:
    if shown.metric == "recall_at_budget" and shown.rows == "all":
        print(f"{shown.model}: {shown.found.value:.2f} of {compared.culprits} culprits found since are on its list")

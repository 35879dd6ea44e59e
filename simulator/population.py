"""Who and what is there: sellers, their products, the searches that show them, and the staff."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.clock import DAY, WEEK
from simulator.schema import WORDS, code
from simulator.settings import PopulationSettings, SimulatorSettings, StaffSettings

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Random = np.random.Generator

NEVER = 1 << 30
OTHER_QUEUES = ("accounts", "support", "insights", "integrity")


@dataclass
class Sellers:
    """One entry a seller; `opened_week` is below 0 for those that were there before the start."""

    category: Ints
    opened_day: Ints
    opened_week: Ints
    owner: Ints
    size: Floats
    quality: Floats
    closed_week: Ints
    suspended_until: Ints


@dataclass
class Products:
    """One entry a product; `seller` changes when a listing is sold."""

    seller: Ints
    category: Ints
    listed_day: Ints
    listed_week: Ints
    appeal: Floats
    quality: Floats
    price: Floats
    suspended_until: Ints


@dataclass
class Searches:
    """Candidates of every query, sorted by query: entry i is the product shown (or not) for a query."""

    product: Ints
    query: Ints
    relevance: Floats
    first: Ints
    weight: Floats


@dataclass
class Staff:
    """One entry a member of staff; `queue` is a place in the queues' vocabulary."""

    role: Ints
    queue: Ints
    site: Ints
    shared: Bools
    strictness: Floats
    ticketless: Floats
    specialist: Bools


def vocabularies(settings: PopulationSettings, marketplace: str) -> dict[str, list[str]]:
    """The words that this market alone uses."""
    queues = list(dict.fromkeys(category.queue for category in settings.categories))
    return {
        "marketplace": [marketplace],
        "category": [category.name for category in settings.categories],
        "queue": [*queues, *OTHER_QUEUES],
    }


def queue_of_category(settings: PopulationSettings) -> Ints:
    """For each category the place of its moderators' queue."""
    queues = list(dict.fromkeys(category.queue for category in settings.categories))
    return np.array([queues.index(category.queue) for category in settings.categories], dtype=np.int64)


def settle_sellers(random: Random, count: int, settings: SimulatorSettings, start: int) -> Sellers:
    """Sellers of heavy-tailed size, most of them open before the start."""
    rules = settings.population
    shares = np.array([category.share for category in rules.categories])
    size = random.lognormal(0.0, rules.size_log_sigma, count) * (1 + random.pareto(rules.size_tail_exponent, count))
    size = np.minimum(size, 0.05 * size.sum())
    opened_day, opened_week = _begin(
        random, count, rules.opened_before_start_share, start, settings.market.weeks, span_days=2500
    )
    owner = np.arange(count, dtype=np.int64)
    joins = random.random(count) < rules.second_account_share
    owner[joins] = owner[random.integers(0, count, int(joins.sum()))]
    closing = random.geometric(min(1.0, settings.accounts.closed_per_year / 52 + 1e-12), count)
    return Sellers(
        category=random.choice(len(shares), count, p=shares / shares.sum()).astype(np.int64),
        opened_day=opened_day,
        opened_week=opened_week,
        owner=owner,
        size=size / size.mean(),
        quality=random.normal(0, settings.reviews.seller_quality_sigma, count),
        closed_week=np.maximum(opened_week, 0) + closing,
        suspended_until=np.zeros(count, dtype=np.int64),
    )


def list_products(random: Random, sellers: Sellers, settings: SimulatorSettings, start: int) -> Products:
    """Products of each seller: larger sellers have more, one of them usually sells most."""
    rules = settings.population
    weight = np.sqrt(sellers.size)
    wanted = 1 + random.poisson((rules.products_per_seller - 1) * weight / weight.mean())
    seller = np.repeat(np.arange(len(sellers.size)), np.minimum(wanted, rules.max_products))
    count = len(seller)
    listed_day, listed_week = _begin(
        random, count, rules.opened_before_start_share, start, settings.market.weeks, span_days=1200
    )
    too_early = listed_week < sellers.opened_week[seller]
    listed_week = np.where(too_early, sellers.opened_week[seller], listed_week)
    listed_day = np.maximum(listed_day, sellers.opened_day[seller])
    pull = random.lognormal(0, 0.7, count)
    share = pull / np.bincount(seller, pull)[seller]
    appeal = sellers.size[seller] * share
    return Products(
        seller=seller,
        category=sellers.category[seller].copy(),
        listed_day=listed_day,
        listed_week=listed_week,
        appeal=appeal / appeal.mean(),
        quality=sellers.quality[seller] + random.normal(0, settings.reviews.product_quality_sigma, count),
        price=np.round(random.lognormal(3.2, 0.8, count) + 1.5, 2),
        suspended_until=np.zeros(count, dtype=np.int64),
    )


def open_searches(random: Random, products: Products, settings: SimulatorSettings) -> Searches:
    """Queries of each category and the products that compete in them."""
    rules = settings.demand
    count = len(products.seller)
    times = np.minimum(1 + random.poisson(max(rules.queries_per_product - 1, 0), count), 4)
    product = np.repeat(np.arange(count), times)
    category = products.category[product]
    pairs_in = np.bincount(category, minlength=len(settings.population.categories))
    queries_in = np.maximum(1, np.round(pairs_in / rules.candidates_per_query).astype(np.int64))
    offset = np.concatenate([[0], np.cumsum(queries_in)[:-1]])
    query = offset[category] + (random.random(len(product)) * queries_in[category]).astype(np.int64)
    both = np.unique(np.stack([query, product], axis=1), axis=0)
    query, product = both[:, 0], both[:, 1]
    total = int(queries_in.sum())
    weight = random.lognormal(0, 0.8, total)
    appeal = np.bincount(query, products.appeal[product], minlength=total)
    weight *= 0.3 + appeal / appeal.mean()
    return Searches(
        product=product,
        query=query,
        relevance=random.normal(0, 0.6, len(product)),
        first=np.searchsorted(query, np.arange(total)),
        weight=weight / weight.sum(),
    )


def hire_staff(random: Random, sellers: Sellers, settings: SimulatorSettings) -> Staff:
    """Moderators by queue (the smallest queue has one owner), then everybody else."""
    queues = queue_of_category(settings.population)
    moderators = _moderators_by_queue(sellers, queues, settings.staff)
    per_role = _headcount(len(sellers.size), settings.staff)
    names = vocabularies(settings.population, "")["queue"]
    queue = [np.repeat(np.arange(len(moderators)), moderators)]
    role = [np.full(int(moderators.sum()), code("role", "moderator"))]
    for name, where in zip(("account_specialist", "support", "analyst", "investigator"), OTHER_QUEUES, strict=True):
        role.append(np.full(per_role[name], code("role", name)))
        queue.append(np.full(per_role[name], names.index(where)))
    roles, count = np.concatenate(role), sum(map(len, role))
    rules = settings.moderation
    strictness = random.normal(0, rules.strictness_sigma, count)
    crowd = int(moderators.sum())
    strict = random.permutation(crowd)[: min(rules.strict_moderators, crowd // 2)]
    strictness[strict] += rules.strict_logit
    shared = np.zeros(count, dtype=bool)
    shared[random.permutation(crowd)[: min(settings.staff.shared_logins, crowd // 4)]] = True
    share = rules.ticketless_share
    specialist = (random.random(count) < rules.specialist_share) & (np.arange(count) < crowd)
    return Staff(
        role=roles.astype(np.int64),
        queue=np.concatenate(queue).astype(np.int64),
        site=random.integers(0, len(WORDS["site"]), count),
        shared=shared,
        strictness=strictness,
        ticketless=random.beta(2 * share + 1e-9, 2 * (1 - share) + 1e-9, count),
        specialist=specialist,
    )


def _moderators_by_queue(sellers: Sellers, queues: Ints, settings: StaffSettings) -> Ints:
    volume = np.bincount(queues[sellers.category], sellers.size, minlength=int(queues.max()) + 1)
    crowd = len(sellers.size) / settings.sellers_per_moderator
    wanted: Ints = np.maximum(2, np.round(crowd * volume / volume.sum())).astype(np.int64)
    wanted[int(np.argmin(volume))] = 1
    return wanted


def _headcount(sellers: int, settings: StaffSettings) -> dict[str, int]:
    return {
        "account_specialist": max(2, round(sellers / settings.sellers_per_account_specialist)),
        "support": max(2, round(sellers / settings.sellers_per_support)),
        "analyst": max(2, round(sellers / settings.sellers_per_analyst)),
        "investigator": max(2, round(sellers / settings.sellers_per_investigator)),
    }


def _begin(
    random: Random, count: int, before_share: float, start: int, weeks: int, *, span_days: int
) -> tuple[Ints, Ints]:
    """Days on which things began: before the start, or in the first nine tenths of the weeks."""
    before = random.random(count) < before_share
    earlier = start // DAY - 1 - (random.random(count) ** 1.5 * span_days).astype(np.int64)
    later = start // DAY + (random.random(count) * 0.9 * weeks * 7).astype(np.int64)
    day = np.where(before, earlier, later)
    return day, (day * DAY - start) // WEEK

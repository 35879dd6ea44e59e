"use strict";

// The queue: who is listed, sorted, searched and filtered as the address says.

const scoreName = page.queue.some((row) => row.score !== null) ? "Score" : "Strength";

/** The score, or on day zero the strength that orders the sellers. */
function scoreText(row) {
  return row.score === null ? numberText(row.strength, 2) : numberText(row.score, 3);
}

function schemeName(scheme) {
  return page.schemes[scheme] ?? scheme;
}

const QUEUE_COLUMNS = [
  { key: "rank", name: "Rank", number: true, value: (row) => row.rank, cell: (row) => numberText(row.rank, 0) },
  { key: "case", name: "Case", value: (row) => row.case_id, cell: (row) => element("a", { href: addressOf({ ...state, case: row.case_id }) }, isolated(row.case_id)) },
  { key: "seller", name: "Seller", value: (row) => row.seller_id, cell: (row) => isolated(row.seller_id) },
  { key: "marketplace", name: "Marketplace", value: (row) => row.marketplace, cell: (row) => isolated(row.marketplace) },
  { key: "category", name: "Category", value: (row) => row.category, cell: (row) => isolated(row.category) },
  { key: "state", name: "State", value: (row) => row.state, cell: (row) => badge(row.state) },
  { key: "scheme", name: "Mostly", value: (row) => schemeName(row.scheme), cell: (row) => schemeName(row.scheme) },
  { key: "score", name: scoreName, number: true, value: (row) => row.score ?? row.strength, cell: scoreText },
  { key: "onset", name: "Since about", value: (row) => row.onset_on ?? "", cell: (row) => dayText(row.onset_on) },
  { key: "first", name: "First listed", value: (row) => row.first_listed_on, cell: (row) => dayText(row.first_listed_on) },
  { key: "decision", name: "Your decision", value: (row) => verdictOf(row.case_id), cell: (row) => verdictOf(row.case_id) },
];
const FILTERS = [
  { key: "marketplace", name: "Marketplace", of: (row) => [row.marketplace], told: (value) => value },
  { key: "state", name: "State", of: (row) => [row.state], told: (value) => value },
  { key: "scheme", name: "Mostly", of: (row) => [row.scheme], told: schemeName },
  { key: "list", name: "List", of: (row) => row.lists, told: (value) => value.replace("_", " ") },
];
const AT_ONCE = 100;

/** What the address says of the queue: `q`, a value for each filter, `sort` (a column, with - for the other way), `case`. */
let state = {};

function readState() {
  state = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
}

function addressOf(wanted) {
  const kept = Object.entries(wanted).filter(([, value]) => value);
  return `#${new URLSearchParams(kept)}`;
}

function badge(word) {
  return element("span", { class: `badge ${word}` }, word);
}

/** The rows of the queue that the address asks for, in its order. */
function chosenRows() {
  const searched = (state.q ?? "").toLowerCase();
  const fits = (row) => FILTERS.every((filter) => !state[filter.key] || filter.of(row).includes(state[filter.key]));
  const found = (row) => `${row.case_id} ${row.seller_id} ${row.category}`.toLowerCase().includes(searched);
  const rows = page.queue.filter((row) => fits(row) && found(row));
  const backwards = (state.sort ?? "").startsWith("-");
  const column = QUEUE_COLUMNS.find((each) => each.key === (state.sort ?? "rank").replace("-", "")) ?? QUEUE_COLUMNS[0];
  const order = (one, other) => (column.value(one) < column.value(other) ? -1 : column.value(one) > column.value(other) ? 1 : 0);
  return rows.sort((one, other) => (backwards ? order(other, one) : order(one, other)));
}

function showQueue() {
  document.title = `Scrubwatch, sellers listed as of ${page.as_of}`;
  document.getElementById("main").replaceChildren(overview(), queueSection());
}

function overview() {
  const since = page.before ? `since the run of ${dayText(page.before)}` : "no run before this one is known";
  const tiles = ["new", "returned", "known", "gone"].map((word) => {
    const number = element("strong", {}, numberText(page.counts[word], 0));
    if (word === "gone") return element("div", { class: "tile" }, number, "gone");
    const pressed = state.state === word;
    return element("button", { type: "button", class: "tile", "aria-pressed": String(pressed), onclick: () => change({ state: pressed ? "" : word }) }, number, word);
  });
  return element(
    "section",
    { class: "overview", "aria-labelledby": "listed" },
    element("h1", { id: "listed" }, `${plural(page.queue.length, "seller")} listed of ${numberText(page.sellers, 0)}, as of ${dayText(page.as_of)}`),
    element("div", { class: "columns" },
      element("div", {}, element("div", { class: "tiles", role: "group", "aria-label": `Cases ${since}` }, tiles), element("p", { class: "soft" }, capital(since), "."), goneList()),
      marketplaces(),
      facts()),
  );
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function goneList() {
  if (page.gone.length === 0) return null;
  return element("details", {}, element("summary", {}, "Who is gone"), element("ul", {}, page.gone.map((row) => element("li", {}, isolated(row.case_id), ", seller ", linked("seller", row.seller_id)))));
}

function marketplaces() {
  const columns = ["Marketplace", "New", "Returned", "Known", "Gone"].map((name, at) => ({ name, number: at > 0, heading: true }));
  const rows = page.marketplaces.map((row) => [isolated(row.marketplace || "unknown"), ...["new", "returned", "known", "gone"].map((word) => numberText(row[word], 0))]);
  return element("div", { class: "wide" }, table("Cases by marketplace", columns, rows, { class: "small" }));
}

function facts() {
  const trained = page.trained_as_of ? `, learned as of ${dayText(page.trained_as_of)}` : "";
  const quarantined = Object.entries(page.quarantined).flatMap(([name, rules]) => Object.entries(rules).map(([rule, count]) => `${numberText(count, 0)} of ${name} (${rule.replaceAll("_", " ")})`));
  const lines = [
    ["Model", `${page.model}${trained}`],
    ["Score", page.calibrated ? "a calibrated probability" : "an index, not a probability"],
    ["Stale tables", page.stale.length ? page.stale.join(", ") : "none"],
    ["Quarantined rows", quarantined.length ? quarantined.join(", ") : "none in this run"],
    ...(page.missing_tables.length ? [["Missing tables", page.missing_tables.join(", ")]] : []),
    ...(page.incomplete ? [["Last day", "not complete"]] : []),
  ];
  const messages = page.calibrated ? page.messages : [page.uncalibrated_because, ...page.messages].filter((text) => text);
  const told = messages.length === 0 ? null : element("details", {}, element("summary", {}, `What the run had to say (${messages.length})`), element("ul", {}, messages.map((text) => element("li", {}, isolated(text)))));
  return element("div", { class: "facts" }, element("dl", {}, lines.flatMap(([name, text]) => [element("dt", {}, name), element("dd", {}, isolated(text))])), told);
}

function queueSection() {
  const search = element("input", { type: "search", id: "search", value: state.q ?? "", placeholder: "case, seller, category", autocomplete: "off", oninput: () => change({ q: search.value }, { redraw: false }) });
  const selects = FILTERS.map((filter) => {
    const values = [...new Set(page.queue.flatMap(filter.of))].sort();
    const select = element("select", { id: `filter-${filter.key}`, onchange: () => change({ [filter.key]: select.value }) }, element("option", { value: "" }, "all"), values.map((value) => element("option", { value }, filter.told(value))));
    select.value = values.includes(state[filter.key]) ? state[filter.key] : "";
    return element("label", {}, `${filter.name} `, select);
  });
  return element("section", { class: "queue", "aria-labelledby": "queue" }, element("h2", { id: "queue", class: "away" }, "Queue"), element("form", { role: "search", class: "filters", onsubmit: (event) => event.preventDefault() }, element("label", {}, "Search ", search), selects, element("span", { id: "found", class: "soft", role: "status" })), queueTable());
}

/** The table, a hundred rows at once: more are made when the reader comes near the end. */
function queueTable() {
  const rows = chosenRows();
  const sorted = (state.sort ?? "rank").replace("-", "");
  const heads = QUEUE_COLUMNS.map((column) => {
    const direction = column.key !== sorted ? null : (state.sort ?? "").startsWith("-") ? "descending" : "ascending";
    const next = direction === "ascending" ? `-${column.key}` : column.key;
    return element("th", { scope: "col", "aria-sort": direction, class: column.number ? "number" : null }, element("button", { type: "button", id: `sort-${column.key}`, onclick: () => change({ sort: next === "rank" ? "" : next }, { focus: `sort-${column.key}` }) }, column.name, element("span", { class: "arrow", "aria-hidden": "true" }, direction === "ascending" ? " ↑" : direction === "descending" ? " ↓" : "")));
  });
  const body = element("tbody");
  const more = element("p", { class: "more-rows soft" });
  const add = () => {
    const begin = body.rows.length;
    body.append(...rows.slice(begin, begin + AT_ONCE).map(queueRow));
    more.textContent = body.rows.length < rows.length ? `${numberText(rows.length - body.rows.length, 0)} more` : "";
  };
  add();
  new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && body.rows.length < rows.length && add(), { rootMargin: "600px" }).observe(more);
  const told = rows.length === page.queue.length ? plural(rows.length, "case") : `${numberText(rows.length, 0)} of ${plural(page.queue.length, "case")}`;
  queueMicrotask(() => document.getElementById("found")?.replaceChildren(told));
  return element("div", { id: "rows", class: "wide" }, element("table", { class: "cases" }, element("caption", { class: "away" }, "Listed sellers"), element("thead", {}, element("tr", {}, heads)), body), more);
}

function queueRow(row) {
  const cells = QUEUE_COLUMNS.map((column) => element(column.key === "case" ? "th" : "td", { scope: column.key === "case" ? "row" : null, class: column.number ? "number" : `of-${column.key}` }, column.cell(row)));
  return element("tr", { "data-case": row.case_id, onclick: (event) => event.target.closest("a") || String(getSelection()) || change({ case: row.case_id }) }, cells);
}

/** Change what the address says, and show it. */
function change(wanted, { redraw = true, focus = null } = {}) {
  const opens = wanted.case !== undefined;
  state = { ...state, ...wanted };
  history[opens ? "pushState" : "replaceState"](null, "", addressOf(state));
  if (redraw) show();
  else document.getElementById("rows").replaceWith(queueTable());
  if (focus) document.getElementById(focus)?.focus();
}

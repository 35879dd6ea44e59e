"use strict";

// The first screen of a case: what is claimed, what is new, what else it could be, what to look at first.

const SHOWN_EXPLANATIONS = 3;
const SHOWN_LINKED = 6;
const FITS = { yes: "fits", no: "does not fit", unknown: "not known" };
const KIND_OF_KEY = { review_actions: "review", reviews: "review", sellers: "seller", account_actions: "seller", products: "product", search_ranks: "product", sales: "product", tickets: "ticket" };

function firstScreen(row, sheet) {
  return element(
    "article",
    { class: "sheet", "aria-labelledby": "case-title" },
    heading(row, sheet),
    element("p", { class: "claim", id: "claim" }, isolated(sheet.claim)),
    element("div", { class: "first-screen" },
      element("section", { "aria-labelledby": "first-events-title" },
        element("h2", { id: "first-events-title" }, firstEventsTitle(sheet)),
        sheet.first_events ? eventTable(sheet.events.slice(0, sheet.first_events), "first-events", "Events to look at first") : null,
        sheet.events.length > sheet.first_events ? element("button", { type: "button", class: "quiet", onclick: toggleEvidence }, "All evidence (e)") : null),
      element("div", { class: "beside" }, ratings(sheet), newSection(sheet), explanations(sheet), linkedCases(sheet))),
    decisionBox(sheet),
  );
}

function heading(row, sheet) {
  const rows = chosenRows();
  const at = rows.findIndex((each) => each.case_id === row.case_id);
  const step = (name, other, key) => other === null ? element("span", { class: "soft" }, name) : element("a", { href: addressOf({ ...state, case: other.case_id }), "aria-keyshortcuts": key }, name);
  return element(
    "header",
    { class: "heading" },
    element("h1", { id: "case-title", tabindex: "-1" }, "Case ", linked("case", row.case_id), copyButton(row.case_id, "the case's id"), element("span", { class: "of" }, "seller ", linked("seller", row.seller_id), copyButton(row.seller_id, "the seller's id"))),
    element("nav", { "aria-label": "Cases" }, element("a", { href: addressOf({ ...state, case: "" }), id: "back" }, "← Queue"), element("span", { class: "soft" }, at < 0 ? "outside the filter" : `${at + 1} of ${rows.length}`), step("‹ Previous (k)", neighbour(row.case_id, -1), "k"), step("Next (j) ›", at < 0 ? rows[0] ?? null : neighbour(row.case_id, 1), "j")),
    element("p", { class: "line" }, badge(row.state), isolated(row.marketplace), isolated(row.category), element("span", {}, `rank ${numberText(row.rank, 0)}`), element("span", {}, `${scoreName.toLowerCase()} ${scoreText(row)}${row.score !== null && !page.calibrated ? ", an index" : ""}`), sheet.onset_on === null ? null : element("span", {}, `began about ${dayText(sheet.onset_on)} (${dayText(sheet.onset_low)} to ${dayText(sheet.onset_high)})`)),
  );
}

function eventTable(events, id, caption) {
  const rows = events.map((event) => [
    element("span", {}, element("time", { datetime: event.happened_at }, dayText(event.happened_at)), event.new ? badge("new") : null, eventKey(event)),
    isolated(event.text),
    weight(event.weight),
  ]);
  return table(caption, [{ name: "Day, row" }, { name: "What happened" }, { name: "Weight" }], rows, { id, class: "events" });
}

/** The id in the key of an event's row: of actions, the key goes on with the instant and the kind. */
function eventKey(event) {
  const kind = KIND_OF_KEY[event.table];
  const id = event.table.endsWith("_actions") ? event.key.split(" ").slice(0, -2).join(" ") || event.key : event.key;
  return element("span", { class: "key", title: `${event.table}: ${event.key}` }, kind ? linked(kind, id) : isolated(id));
}

function weight(value) {
  const share = Math.max(0, Math.min(1, value ?? 0));
  return element("span", { class: "weight" }, element("span", { class: "away" }, numberText(value, 2)), element("i", { style: `width: ${(share * 100).toFixed(0)}%` }));
}

function firstEventsTitle(sheet) {
  const [first, all] = [sheet.first_events, sheet.events.length];
  if (first === all) return plural(all, "event");
  return first ? `${plural(first, "event")} to look at first, of ${all}` : `None of ${plural(all, "event")} stands out by itself`;
}

function ratings(sheet) {
  const figures = [
    ["Shown rating", numberText(sheet.shown_rating, 2), "shown"],
    ["Restored rating", numberText(sheet.restored_rating, 2), "restored"],
    ...(sheet.revenue_since_onset === null ? [] : [["Revenue since", numberText(sheet.revenue_since_onset, 0), ""]]),
    ...(sheet.expected_harm === null ? [] : [["Expected harm", numberText(sheet.expected_harm, 0), ""]]),
  ];
  return element("dl", { class: "ratings", id: "ratings" }, figures.map(([name, text, kind]) => element("div", { class: kind }, element("dt", {}, name), element("dd", {}, text))));
}

function newSection(sheet) {
  return element("section", { id: "news", "aria-labelledby": "news-title" }, element("h2", { id: "news-title" }, "What is new"), element("ul", {}, sheet.news.map((text) => element("li", {}, isolated(text)))));
}

function explanations(sheet) {
  const shown = sheet.explanations.slice(0, SHOWN_EXPLANATIONS);
  const items = shown.map((each) => element("li", {}, element("span", { class: `badge fits-${each.fits}` }, FITS[each.fits] ?? each.fits), " ", isolated(each.text)));
  const none = element("p", { class: "soft" }, "None was tested.");
  return element("section", { id: "innocent", "aria-labelledby": "innocent-title" }, element("h2", { id: "innocent-title" }, "Innocent explanations"), shown.length ? element("ul", { class: "plain" }, items) : none);
}

function linkedCases(sheet) {
  const items = sheet.linked.slice(0, SHOWN_LINKED).map((caseId) => {
    const row = page.queue.find((each) => each.case_id === caseId);
    return element("li", {}, element("a", { href: addressOf({ ...state, case: caseId }) }, isolated(caseId)), " ", badge(row.state));
  });
  const more = sheet.linked.length > items.length ? element("li", { class: "soft" }, `and ${sheet.linked.length - items.length} more, below`) : null;
  const none = sheet.ring_id === null ? "No ring was found." : "No other seller of its ring is listed.";
  return element("section", { id: "linked", "aria-labelledby": "linked-title" }, element("h2", { id: "linked-title" }, "Linked cases, same ring"), items.length ? element("ul", { class: "plain across" }, items, more) : element("p", { class: "soft" }, none));
}

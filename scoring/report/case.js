"use strict";

// A case: its first screen, and below it time, peers, reasons, evidence, reviews and the ring.

function showCase(row) {
  const sheet = JSON.parse(document.getElementById(`case-${page.queue.indexOf(row)}`).textContent);
  document.title = `Case \u2068${row.case_id}\u2069, Scrubwatch`;
  document.getElementById("main").replaceChildren(firstScreen(row, sheet), ...overTime(row, sheet), reasons(sheet), evidence(sheet), otherExplanations(sheet), reviewTable("restore", "Removed reviews that should perhaps have stayed", sheet.restore), reviewTable("delete", "Shown reviews that are perhaps bought", sheet.delete), ring(sheet));
  document.getElementById("case-title").focus({ preventScroll: true });
}

function section(id, title, ...children) {
  return element("section", { id, class: "part", "aria-labelledby": `${id}-title` }, element("h2", { id: `${id}-title` }, title), children);
}

function historyOf(number) {
  return JSON.parse(document.getElementById(`history-${number}`).textContent);
}

function overTime(row, sheet) {
  if (sheet.history === null) return [];
  const own = historyOf(sheet.history);
  const peers = sheet.peers.map((peer) => ({ ...peer, history: historyOf(peer.history) }));
  const scales = scalesOf([own, ...peers.map((peer) => peer.history)]);
  const name = `Seller ${row.seller_id}`;
  const drawings = peers.map((peer) => {
    const peerName = `Peer ${peer.seller_id}`;
    return element("figure", {}, element("figcaption", {}, "Seller ", linked("seller", peer.seller_id)), timeline(peer.history, scales, 560, peerName), numbersOf(peer.history, peerName));
  });
  return [
    section("time", "Over time", element("figure", {}, legend(own), timeline(own, scales, 1160, name, sheet), numbersOf(own, name))),
    section("peers", "The nearest clean peers", element("p", { class: "soft" }, peers.length ? "Of the same marketplace and category, nearest in reviews a year, not listed and never found manipulated; drawn to the same scales." : "No other seller of the same marketplace and category is free of suspicion."), element("div", { class: "two" }, drawings)),
  ];
}

function reasons(sheet) {
  const columns = [{ name: "Reason", heading: true }, { name: "Value", number: true }, { name: "Usual", number: true }, { name: "Adds", number: true }, { name: "Signal" }];
  const rows = sheet.reasons.map((reason) => [isolated(reason.text), figure(reason.value), figure(reason.peer_median), numberText(reason.contribution, 2), element("code", {}, reason.signal)]);
  return section("reasons", "Reasons for the place in the queue", element("div", { class: "wide" }, table("Reasons", columns, rows)));
}

function figure(value) {
  if (value === null) return "–";
  return Number.isInteger(value) || Math.abs(value) >= 1000 ? numberText(value, 0) : value.toPrecision(3);
}

function evidence(sheet) {
  const box = element("details", { id: "evidence-box" }, element("summary", {}, `Show all ${sheet.events.length}`));
  box.addEventListener("toggle", () => {
    if (box.open && !box.querySelector("table")) box.append(element("div", { class: "wide" }, eventTable(sheet.events, "all-events", "All evidence")));
  });
  return section("evidence", "All evidence", box);
}

/** Open the evidence and go to it, or close it and go back. */
function toggleEvidence() {
  const box = document.getElementById("evidence-box");
  box.open = !box.open;
  if (box.open) document.getElementById("evidence").scrollIntoView();
  else scrollTo(0, 0);
}

function otherExplanations(sheet) {
  if (sheet.explanations.length === 0) return "";
  const columns = [{ name: "Explanation", heading: true }, { name: "Fits" }, { name: "Here", number: true }, { name: "Usual", number: true }, { name: "In words" }];
  const rows = sheet.explanations.map((each) => [each.name.replaceAll("_", " "), element("span", { class: "badge" }, FITS[each.fits] ?? each.fits), figure(each.value), figure(each.usual), isolated(each.text)]);
  return section("explanations", "Innocent explanations that were tested", element("div", { class: "wide" }, table("Innocent explanations", columns, rows)));
}

function reviewTable(id, title, reviews) {
  if (reviews.length === 0) return "";
  const removed = "removed_at" in reviews[0];
  const columns = [{ name: "Review", heading: true }, ...(removed ? [{ name: "Removed" }, { name: "By" }] : []), { name: "Probability", number: true }, { name: "Why" }];
  const rows = reviews.map((review) => [linked("review", review.review_id), ...(removed ? [dayText(review.removed_at), isolated(review.actor ?? "–")] : []), numberText(review.probability, 2), isolated(review.text)]);
  const shown = element("details", {}, element("summary", {}, plural(reviews.length, "review")));
  shown.addEventListener("toggle", () => shown.open && !shown.querySelector("table") && shown.append(element("div", { class: "wide" }, table(title, columns, rows))));
  return section(id, title, shown);
}

/** The ring as a matrix of its staff, by pseudonym, and its sellers; as a list where nobody of the staff is in it. */
function ring(sheet) {
  if (sheet.ring === null) return "";
  const most = Math.max(1, ...sheet.ring.staff.flatMap((person) => person.removed));
  const caseOf = (seller) => page.queue.find((row) => row.seller_id === seller);
  const head = (seller) => {
    const row = caseOf(seller);
    return row && row.case_id !== sheet.case_id ? element("a", { href: addressOf({ ...state, case: row.case_id }) }, isolated(seller)) : isolated(seller);
  };
  const seen = `First seen ${dayText(sheet.ring.first_seen_on)}.`;
  const shown = (told, table) => section("ring", "The ring", element("p", {}, isolated(sheet.ring.text)), element("p", { class: "soft" }, told), table);
  if (sheet.ring.staff.length === 0) {
    return shown(`Nobody of the staff is seen to serve them. ${seen}`, element("ul", {}, sheet.ring.sellers.map((seller) => element("li", {}, head(seller)))));
  }
  const cell = (count) => element("td", { class: "number", style: `--heat: ${((count / most) * 55).toFixed(0)}%` }, count ? String(count) : "");
  const matrix = element(
    "table",
    { class: "matrix" },
    element("caption", { class: "away" }, "Reviews that each person removed of each seller"),
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Staff"), sheet.ring.sellers.map((seller) => element("th", { scope: "col", class: seller === sheet.seller_id ? "this" : null }, head(seller))))),
    element("tbody", {}, sheet.ring.staff.map((person) => element("tr", {}, element("th", { scope: "row" }, isolated(person.by)), person.removed.map(cell)))),
  );
  return shown(`Reviews that each of them removed of each seller in the ${page.weeks} weeks shown. ${seen}`, element("div", { class: "wide" }, matrix));
}

"use strict";

// What the reader decides, kept in this browser until it is saved as decisions.csv for `scrubwatch verdict --from`.

const VERDICTS = ["manipulated", "cleared", "inconclusive"];
const COLUMNS = ["case_id", "seller_id", "verdict", "scheme", "onset_on", "note", "decided_at"];
const decisions = new Map(page.queue.map((row) => [row.case_id, kept(row.case_id)]).filter(([, decision]) => decision !== null));

/** Where a decision is kept: each by itself, as another page may keep its own beside it. */
function placeOf(caseId) {
  return `scrubwatch ${page.as_of} ${caseId}`;
}

function kept(caseId) {
  try {
    return JSON.parse(localStorage.getItem(placeOf(caseId)));
  } catch {
    return null;
  }
}

function keep(caseId) {
  try {
    localStorage.setItem(placeOf(caseId), JSON.stringify(decisions.get(caseId)));
  } catch {
    say("This browser keeps nothing: save the decisions before you close the page.");
  }
}

/** Change parts of a decision; without a verdict it is none, and its note waits. */
function decide(caseId, change) {
  const before = decisions.get(caseId) ?? { verdict: "", scheme: "", onset_on: "", note: "" };
  decisions.set(caseId, { ...before, ...change, decided_at: new Date().toISOString() });
  keep(caseId);
  showTools();
}

function verdictOf(caseId) {
  return decisions.get(caseId)?.verdict ?? "";
}

function decided() {
  return page.queue.filter((row) => verdictOf(row.case_id) !== "");
}

/** The decisions as CSV; every value in quotes, so that nothing in it is read as more than text. */
function decisionsText() {
  const quoted = (value) => `"${String(value).replaceAll('"', '""')}"`;
  const rows = decided().map((row) => {
    const decision = decisions.get(row.case_id);
    const guilty = decision.verdict === "manipulated";
    return [row.case_id, row.seller_id, decision.verdict, guilty ? decision.scheme : "", guilty ? decision.onset_on : "", decision.note, decision.decided_at];
  });
  return [COLUMNS.join(","), ...rows.map((row) => row.map(quoted).join(","))].join("\r\n") + "\r\n";
}

function saveDecisions() {
  const address = URL.createObjectURL(new Blob([decisionsText()], { type: "text/csv" }));
  const anchor = element("a", { href: address, download: "decisions.csv" });
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
  say(`Saved ${plural(decided().length, "decision")} as decisions.csv.`);
}

/** The buttons and fields by which a case is decided. */
function decisionBox(sheet) {
  const now = () => decisions.get(sheet.case_id) ?? { verdict: "", scheme: "", onset_on: "", note: "" };
  const buttons = VERDICTS.map((verdict) => element("button", { type: "button", class: `verdict ${verdict}`, onclick: () => { decide(sheet.case_id, verdict === now().verdict ? { verdict: "" } : { verdict, ...suggested(verdict) }); show(); } }, verdict));
  const options = Object.entries(page.schemes).map(([scheme, name]) => element("option", { value: scheme }, name));
  const scheme = element("select", { onchange: () => decide(sheet.case_id, { scheme: scheme.value }) }, element("option", { value: "" }, "not named"), options);
  const onset = element("input", { type: "date", max: page.as_of, onchange: () => decide(sheet.case_id, { onset_on: onset.value }) });
  const note = element("input", { type: "text", maxlength: "500", autocomplete: "off", oninput: () => decide(sheet.case_id, { note: note.value }) });
  const more = element("span", { class: "more" }, element("label", {}, "Scheme ", scheme), element("label", {}, "Began ", onset));

  function suggested(verdict) {
    const before = now();
    if (verdict !== "manipulated") return {};
    const mostly = [...sheet.schemes].sort((one, other) => other.share - one.share)[0]?.scheme ?? "";
    return { scheme: before.scheme || mostly, onset_on: before.onset_on || sheet.onset_on || "" };
  }

  function show() {
    const decision = now();
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.textContent === decision.verdict));
    scheme.value = decision.scheme;
    onset.value = decision.onset_on;
    note.value = decision.note;
    more.hidden = decision.verdict !== "manipulated";
  }

  show();
  return element("section", { class: "decision", "aria-label": "Your decision" }, element("span", { class: "label" }, "Your decision"), buttons, more, element("label", { class: "note" }, "Note ", note));
}

/** How many decisions there are, and the button that saves them; stands on top of every view. */
function showTools() {
  const count = decided().length;
  const save = element("button", { type: "button", disabled: count === 0, onclick: saveDecisions, id: "save" }, `Save decisions.csv (${count})`);
  document.getElementById("tools").replaceChildren(save);
}

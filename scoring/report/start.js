"use strict";

// The address chooses between queue and case; keys move.

function show() {
  const row = page.queue.find((each) => each.case_id === state.case);
  document.body.classList.toggle("one-case", Boolean(row));
  if (row) showCase(row);
  else showQueue();
}

function follow() {
  readState();
  show();
  scrollTo(0, 0);
}

/** The case that comes so many places later in the queue as it is now; null at its ends. */
function neighbour(caseId, step) {
  const rows = chosenRows();
  const at = rows.findIndex((row) => row.case_id === caseId);
  return rows[at + step] ?? null;
}

function move(step) {
  if (state.case) {
    const next = neighbour(state.case, step);
    if (next === null) return say(step > 0 ? "This is the last case of the queue." : "This is the first case of the queue.");
    change({ case: next.case_id });
    scrollTo(0, 0);
    return undefined;
  }
  const links = [...document.querySelectorAll("#rows tbody th a")];
  const at = links.indexOf(document.activeElement);
  links[Math.min(Math.max(at + step, 0), links.length - 1)]?.focus();
  return undefined;
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  e: () => state.case && toggleEvidence(),
  c: () => state.case && copy(state.case, "the case's id"),
  Escape: () => state.case && change({ case: "" }),
  "/": () => document.getElementById("search")?.focus(),
};

document.addEventListener("keydown", (event) => {
  const writes = event.target.closest("input, select, textarea");
  if (writes && event.key === "Escape") event.target.blur();
  if (writes || event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  KEYS[event.key]();
});
addEventListener("hashchange", follow);
addEventListener("popstate", follow);
showTools();
follow();

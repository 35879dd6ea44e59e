"use strict";

// Elements, numbers and days. Whatever comes from the data is put in as text, never as HTML.

const page = JSON.parse(document.getElementById("overview").textContent);

/** An element with attributes and children; a child that is no element becomes text. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null).map((child) => (child instanceof Node ? child : String(child))));
  return made;
}

/** Text from the data, kept from turning the direction of what stands around it. */
function isolated(text) {
  return element("bdi", {}, text);
}

/** An id of the data: a link if the settings say where ids of its kind lead to. */
function linked(kind, id) {
  const template = page.links[kind];
  if (!template) return isolated(id);
  const address = template.replaceAll("{id}", encodeURIComponent(id));
  return element("a", { href: address, rel: "noreferrer noopener", target: "_blank" }, isolated(id));
}

function copyButton(text, what) {
  return element("button", { type: "button", class: "quiet", title: `Copy ${what}`, "aria-label": `Copy ${what}`, onclick: () => copy(text, what) }, "copy");
}

/** Copy text; where the browser grants no clipboard, by way of a selection. */
async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = element("textarea", { class: "away" }, text);
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  say(`Copied ${what}.`);
}

let silence = 0;

/** Tell what was done, to the eye for a while and to a screen reader. */
function say(text) {
  const place = document.getElementById("said");
  place.replaceChildren(isolated(text));
  clearTimeout(silence);
  silence = setTimeout(() => place.replaceChildren(), 4000);
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY = 86400000;

/** A day as people write it: 4 Mar 2025. */
function dayText(day) {
  if (day === null) return "unknown";
  const [year, month, number] = day.slice(0, 10).split("-").map(Number);
  return `${number} ${MONTHS[month - 1]} ${year}`;
}

function timeOf(day) {
  return Date.parse(`${day.slice(0, 10)}T00:00:00Z`);
}

function numberText(value, digits) {
  return value === null ? "–" : value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function plural(count, noun) {
  return `${numberText(count, 0)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A table with a header for each column; a cell is text or an element. */
function table(caption, columns, rows, attributes = {}) {
  return element(
    "table",
    attributes,
    element("caption", { class: "away" }, caption),
    element("thead", {}, element("tr", {}, columns.map((column) => element("th", { scope: "col", class: column.number ? "number" : null }, column.name)))),
    element("tbody", {}, rows.map((row) => element("tr", {}, row.map((cell, at) => element(at === 0 && columns[0].heading ? "th" : "td", { scope: at === 0 && columns[0].heading ? "row" : null, class: columns[at].number ? "number" : null }, cell))))),
  );
}

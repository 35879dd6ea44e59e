"use strict";

// One axis of time for a seller's ratings, places, removals, look-ups and account actions, drawn as SVG.

const SHAPES = "http://www.w3.org/2000/svg";
const LANES = [
  { name: "Rating", height: 104 },
  { name: "Place", height: 62 },
  { name: "Removals", height: 66 },
  { name: "Look-ups", height: 34 },
  { name: "Account", height: 24 },
];
const GAP = 18;
const LEFT = 88;
const RIGHT = 12;
const NAMED_PEOPLE = 4;

function shape(name, attributes, title) {
  const made = document.createElementNS(SHAPES, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (title) {
    const told = document.createElementNS(SHAPES, "title");
    told.textContent = title;
    made.append(told);
  }
  return made;
}

function words(text, x, y, attributes = {}) {
  const made = shape("text", { x, y, ...attributes });
  made.textContent = text;
  return made;
}

/** Who gets a colour of their own: those who removed most, the others share one. */
function colours(history) {
  const removed = new Map();
  for (const [, by, negatives, others] of history.removals) removed.set(by, (removed.get(by) ?? 0) + negatives + others);
  const people = [...removed].filter(([by]) => isPerson(by)).sort((one, other) => other[1] - one[1] || (one[0] < other[0] ? -1 : 1));
  const named = new Map(people.slice(0, NAMED_PEOPLE).map(([by], place) => [by, `person-${place}`]));
  return (by) => named.get(by) ?? (isPerson(by) || by === "staff" ? "person-other" : "nobody");
}

function isPerson(by) {
  return /^-?\d+$/.test(by);
}

/** The scales that a seller and its peers share, so that their drawings can be compared. */
function scalesOf(histories) {
  const ratings = histories.flatMap((history) => [...history.shown, ...history.restored]).filter((value) => value !== null);
  const places = histories.flatMap((history) => history.places).filter((value) => value !== null);
  return {
    lowest: ratings.length ? Math.min(4.5, Math.floor(Math.min(...ratings) * 2) / 2) : 1,
    farthest: Math.max(10, ...places),
    removals: Math.max(4, ...histories.flatMap((history) => perWeek(history.removals.map(([week, , negatives, others]) => [week, negatives + others])))),
    lookUps: Math.max(2, ...histories.flatMap((history) => perWeek(history.look_ups.map(([week, , count]) => [week, count])))),
  };
}

function perWeek(pairs) {
  const sums = new Array(page.weeks).fill(0);
  for (const [week, count] of pairs) sums[week] += count;
  return sums;
}

/** Draw a history; the onset, if it is told, shades its interval through all lanes. */
function timeline(history, scales, width, name, onset = null) {
  const height = LANES.reduce((sum, lane) => sum + lane.height + GAP, 0) + 22;
  const end = timeOf(page.as_of);
  const start = end - page.weeks * 7 * DAY;
  const across = (time) => LEFT + ((time - start) / (end - start)) * (width - LEFT - RIGHT);
  const weekWidth = (width - LEFT - RIGHT) / page.weeks;
  const middle = (week) => LEFT + (week + 0.5) * weekWidth;
  const weekName = (week) => `week to ${dayText(new Date(start + (week * 7 + 6) * DAY).toISOString())}`;
  const drawing = shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": told(history, name, onset), class: "timeline" });
  const tops = [];
  let top = 4;
  for (const lane of LANES) {
    tops.push(top);
    drawing.append(words(lane.name, 0, top + 12, { class: "lane" }));
    drawing.append(shape("line", { x1: LEFT, x2: width - RIGHT, y1: top + lane.height, y2: top + lane.height, class: "floor" }));
    top += lane.height + GAP;
  }
  const bottom = top - GAP;
  drawOnset(drawing, onset, across, start, end, bottom);
  drawMonths(drawing, across, start, end, bottom, width);
  drawRatings(drawing, history, scales, tops[0], middle, width);
  drawPlaces(drawing, history, scales, tops[1], middle, width, weekName);
  const colour = colours(history);
  const removals = history.removals.map(([week, by, negatives, others]) => [week, negatives + others, colour(by), `${plural(negatives + others, "removal")} by ${by}, ${negatives} of them of one or two stars, ${weekName(week)}`]);
  drawBars(drawing, removals, scales.removals, tops[2], LANES[2].height, middle, weekWidth);
  const lookUps = history.look_ups.map(([week, by, count]) => [week, count, colour(by), `${plural(count, "look-up")} by ${by}, ${weekName(week)}`]);
  drawBars(drawing, lookUps, scales.lookUps, tops[3], LANES[3].height, middle, weekWidth);
  for (const [day, kind, by] of history.account) {
    drawing.append(shape("circle", { cx: across(timeOf(day) + DAY / 2), cy: tops[4] + 12, r: 5, class: `account ${kind === "suspended" || kind === "closed" || kind === "warned" ? "against" : "for"}` }, `${kind.replace("_", " ")} by ${by}, ${dayText(day)}`));
  }
  return drawing;
}

function drawOnset(drawing, onset, across, start, end, bottom) {
  if (onset === null || onset.onset_on === null) return;
  const inside = (day) => Math.min(Math.max(timeOf(day), start), end);
  const low = across(inside(onset.onset_low ?? onset.onset_on));
  const high = across(inside(onset.onset_high ?? onset.onset_on));
  const span = `the scheme probably began between ${dayText(onset.onset_low ?? onset.onset_on)} and ${dayText(onset.onset_high ?? onset.onset_on)}`;
  drawing.append(shape("rect", { x: low, y: 0, width: Math.max(1, high - low), height: bottom, class: "onset" }, span));
  if (timeOf(onset.onset_on) < start) return;
  const at = across(inside(onset.onset_on));
  drawing.append(shape("line", { x1: at, x2: at, y1: 0, y2: bottom, class: "onset-line" }, span));
}

function drawMonths(drawing, across, start, end, bottom, width) {
  const first = new Date(start);
  const step = width > 800 ? 2 : 4;
  for (let month = first.getUTCMonth() + 1; ; month += 1) {
    const time = Date.UTC(first.getUTCFullYear(), month, 1);
    if (time >= end) return;
    const date = new Date(time);
    if (date.getUTCMonth() % step !== 0) continue;
    const at = across(time);
    drawing.append(shape("line", { x1: at, x2: at, y1: 0, y2: bottom + 4, class: "month" }));
    if (at < width - 50) drawing.append(words(`${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`, at, bottom + 17, { class: "tick" }));
  }
}

function drawRatings(drawing, history, scales, top, middle, width) {
  const height = LANES[0].height;
  const down = (rating) => top + ((5 - rating) / (5 - scales.lowest)) * height;
  for (const rating of [scales.lowest, (scales.lowest + 5) / 2, 5]) {
    drawing.append(shape("line", { x1: LEFT, x2: width - RIGHT, y1: down(rating), y2: down(rating), class: "grid" }));
    drawing.append(words(rating % 0.5 ? rating.toFixed(2) : rating.toFixed(1), LEFT - 6, down(rating) + 4, { class: "tick end" }));
  }
  drawing.append(line(history.restored, middle, down, "restored"), line(history.shown, middle, down, "shown"));
}

function line(values, middle, down, kind) {
  let path = "";
  values.forEach((value, week) => {
    if (value === null) return;
    const begins = week === 0 || values[week - 1] === null;
    path += `${begins ? "M" : "L"}${middle(week).toFixed(1)} ${down(value).toFixed(1)}`;
  });
  return shape("path", { d: path, class: `line ${kind}` });
}

function drawPlaces(drawing, history, scales, top, middle, width, weekName) {
  const height = LANES[1].height;
  const down = (place) => top + (Math.log(place) / Math.log(scales.farthest)) * height;
  for (const place of [1, scales.farthest]) drawing.append(words(place, LEFT - 6, down(place) + 5, { class: "tick end" }));
  history.places.forEach((place, week) => {
    if (place !== null) drawing.append(shape("circle", { cx: middle(week), cy: down(place), r: 2.2, class: "place" }, `best organic place ${place}, ${weekName(week)}`));
  });
}

/** Bars of (week, count, colour, title), stacked where a week has several. */
function drawBars(drawing, bars, highest, top, height, middle, weekWidth) {
  const stacked = new Map();
  drawing.append(words(highest, LEFT - 6, top + 9, { class: "tick end" }));
  for (const [week, count, colour, title] of bars) {
    const below = stacked.get(week) ?? 0;
    const tall = (count / highest) * height;
    drawing.append(shape("rect", { x: middle(week) - weekWidth * 0.4, y: top + height - below - tall, width: weekWidth * 0.8, height: Math.max(1, tall), class: colour }, title));
    stacked.set(week, below + tall);
  }
}

/** The drawing in words, for those who do not see it. */
function told(history, name, onset) {
  const ends = (values) => {
    const known = values.filter((value) => value !== null);
    return known.length ? `from ${numberText(known[0], 2)} to ${numberText(known[known.length - 1], 2)}` : "unknown";
  };
  const places = history.places.filter((place) => place !== null);
  const removed = history.removals.reduce((sum, [, , negatives, others]) => sum + negatives + others, 0);
  const looked = history.look_ups.reduce((sum, [, , count]) => sum + count, 0);
  return [
    `\u2068${name}\u2069, ${page.weeks} weeks to ${dayText(page.as_of)}`,
    `shown rating ${ends(history.shown)}`,
    `restored rating ${ends(history.restored)}`,
    places.length ? `best organic place ${Math.min(...places)}, last ${places[places.length - 1]}` : "no place in search",
    plural(removed, "removal"),
    plural(looked, "look-up"),
    plural(history.account.length, "account action"),
    ...(onset && onset.onset_on ? [`onset about ${dayText(onset.onset_on)}, between ${dayText(onset.onset_low)} and ${dayText(onset.onset_high)}`] : []),
  ].join("; ");
}

/** What the colours and marks of a drawing mean. */
function legend(history) {
  const colour = colours(history);
  const removed = new Map();
  for (const [, by, negatives, others] of history.removals) {
    const key = colour(by) === "person-other" ? "other staff" : colour(by) === "nobody" ? "author, automation or legal" : by;
    const entry = removed.get(key) ?? { colour: colour(by), count: 0 };
    entry.count += negatives + others;
    removed.set(key, entry);
  }
  const removers = [...removed].sort((one, other) => other[1].count - one[1].count);
  return element(
    "ul",
    { class: "legend" },
    element("li", {}, element("i", { class: "mark shown" }), "shown rating"),
    element("li", {}, element("i", { class: "mark restored" }), "restored rating"),
    element("li", {}, element("i", { class: "mark onset" }), "onset, likely span"),
    removers.map(([by, entry]) => element("li", {}, element("i", { class: `mark ${entry.colour}` }), isolated(by), ` removed ${entry.count}`)),
    element("li", {}, element("i", { class: "mark against round" }), "suspended, warned, closed"),
    element("li", {}, element("i", { class: "mark for round" }), "other account action"),
  );
}

/** The numbers of a drawing as a table, made when it is asked for. */
function numbersOf(history, name) {
  const box = element("details", { class: "numbers" }, element("summary", { "aria-label": `The numbers of \u2068${name}\u2069 by week` }, "The numbers by week"));
  box.addEventListener("toggle", () => {
    if (!box.open || box.querySelector("table")) return;
    const start = timeOf(page.as_of) - page.weeks * 7 * DAY;
    const removals = perWeek(history.removals.map(([week, , negatives, others]) => [week, negatives + others]));
    const lookUps = perWeek(history.look_ups.map(([week, , count]) => [week, count]));
    const rows = history.shown.map((shown, week) => [dayText(new Date(start + (week * 7 + 6) * DAY).toISOString()), numberText(shown, 2), numberText(history.restored[week], 2), numberText(history.places[week], 0), String(removals[week]), String(lookUps[week])]);
    const columns = ["Week to", "Shown rating", "Restored rating", "Best organic place", "Removals", "Look-ups"].map((column, at) => ({ name: column, number: at > 0, heading: true }));
    box.append(element("div", { class: "wide" }, table(`${name} by week`, columns, rows.reverse())));
  });
  return box;
}

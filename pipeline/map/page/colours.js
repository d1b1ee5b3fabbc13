// Papers -> colours and sizes, by topic, by number or by group.

import { passing } from "./filters.js";
import { hasCitations } from "./relations.js";
import { state } from "./store.js";

const MISSING = 255;
const FADED = { light: [150, 158, 168, 38], dark: [150, 160, 175, 34] };
const MOST_GROUP_COLOURS = 10;

export function rgb(hex) {
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
}

// The hex colour of a topic; -1 is noise.
export function topicColour(meta, topic, theme) {
  return topic < 0 ? meta.noise[theme] : meta.palette[theme][meta.topicOf[topic].colour];
}

// The hex colour of an area, whose topics have shades of it.
export function hueOf(meta, area, theme) {
  return meta.palette[theme][area.colour];
}

// Groups of the column that is shown, the one with most visible papers first: the first ten get colours.
export function groupOrder(source) {
  const column = source.points[state.colour];
  const chosen = /^column(\d+)$/.exec(state.colour);
  const groups = chosen ? source.meta.columns[chosen[1]].groups : [];
  const counts = new Array(groups.length).fill(0);
  const visible = groups.length ? passing(source, "group") : [];
  for (let row = 0; row < visible.length; row++) if (visible[row] && column[row] !== MISSING) counts[column[row]]++;
  return groups.map((_, group) => group).sort((a, b) => counts[b] - counts[a] || a - b);
}

// place: position of a group in that order; -1 for none.
export function groupColour(meta, place, theme) {
  return place >= 0 && place < MOST_GROUP_COLOURS ? meta.palette[theme][place] : meta.noise[theme];
}

// What colours and sizes can stand for: {key, name, groups} with groups null for numbers.
export function choices(source) {
  const { meta, points } = source;
  const offered = [{ key: "topic", name: "Topic", groups: null }];
  if (points.year.some((year) => year > -32768)) offered.push({ key: "year", name: "Year", groups: null });
  offered.push({ key: "strength", name: "Strength", groups: null }, { key: "preservation", name: "Neighbourhood preservation", groups: null });
  if (hasCitations(source)) offered.push({ key: "cited", name: "Citations here", groups: null });
  meta.columns.forEach(({ name, groups }, number) => {
    offered.push({ key: `column${number}`, name, groups: groups.length ? groups : null });
  });
  return offered;
}

// Range of a column of numbers without missing ones: from the 1st to the 99th percentile, so that outliers do not count.
export function rangeOf(source, key) {
  if (key === "strength" || key === "preservation") return [0, 255];
  const values = Float32Array.from(source.points[key]).filter((value) => Number.isFinite(value) && value > -32768);
  values.sort();
  if (!values.length) return [0, 1];
  const low = values[Math.floor(0.01 * (values.length - 1))];
  const high = values[Math.ceil(0.99 * (values.length - 1))];
  return high > low ? [low, high] : [values[0], values[values.length - 1]];
}

// Fills (n, 4) bytes: the papers outside `visible` are faint. order: of the groups, where colours are groups.
export function paint(colours, source, { key, visible, theme, order }) {
  const { meta, points } = source;
  const colour = painter(source, key, theme, order);
  const faded = FADED[theme];
  const noise = [...rgb(meta.noise[theme]), 150];
  for (let row = 0; row < points.x.length; row++) {
    colours.set(visible[row] ? colour(row) || noise : faded, 4 * row);
  }
}

// row -> its [r, g, b, a], or null for a missing value.
function painter(source, key, theme, order) {
  const { meta, points } = source;
  if (key === "topic") {
    const table = [];
    for (const { id } of meta.topics) table[id] = [...rgb(topicColour(meta, id, theme)), 205];
    return (row) => (points.topic[row] < 0 ? null : table[points.topic[row]]);
  }
  const column = points[key];
  if (column instanceof Uint8Array && key.startsWith("column")) {
    const table = Array.from({ length: 256 }, (_, group) => [...rgb(groupColour(meta, order.indexOf(group), theme)), 205]);
    return (row) => (column[row] === MISSING ? null : table[column[row]]);
  }
  const stops = meta.scale.map((stop) => [...rgb(stop), 215]);
  const [low, high] = rangeOf(source, key);
  return (row) => {
    const value = column[row];
    if (!Number.isFinite(value) || value === -32768) return null;
    const place = high > low ? (value - low) / (high - low) : 0.5;
    return stops[Math.round(Math.min(Math.max(place, 0), 1) * (stops.length - 1))];
  };
}

// Fills (n,) sizes around 1: the area grows with the number; where few papers are visible, they are enlarged.
export function measure(sizes, source, { key, visible }) {
  let shown = 0;
  for (const one of visible) shown += one;
  const enlarged = shown < 0.05 * visible.length ? 2 : shown < 0.25 * visible.length ? 1.4 : 1;
  const column = key === "same" ? null : source.points[key];
  const [low, high] = column ? rangeOf(source, key) : [0, 1];
  for (let row = 0; row < sizes.length; row++) {
    const value = column ? (column[row] - low) / (high - low || 1) : 0;
    const part = column ? Math.sqrt(0.35 + 3.2 * Math.min(Math.max(value || 0, 0), 1)) : 1;
    sizes[row] = visible[row] ? enlarged * part : part;
  }
}

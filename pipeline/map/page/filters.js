// Filters (topics, years, search, group) -> the papers that pass all of them.

import { state } from "./store.js";

// (n,) 1 for the papers that pass; `but`: one filter to ignore.
export function passing(source, but = "") {
  const { points } = source;
  const n = points.x.length;
  const visible = new Uint8Array(n).fill(1);
  if (state.hits && but !== "hits") {
    visible.fill(0);
    for (const row of state.hits) visible[row] = 1;
  }
  const [from, to] = (but !== "years" && state.years) || [-Infinity, Infinity];
  const group = but !== "group" && state.group !== null ? points[state.colour] : null;
  const topics = but !== "topics" && state.topics.size ? state.topics : null;
  for (let row = 0; row < n; row++) {
    if (!visible[row]) continue;
    const outside =
      (topics && !topics.has(points.topic[row])) ||
      (state.years && but !== "years" && (points.year[row] < from || points.year[row] > to)) ||
      (group && group[row] !== state.group);
    if (outside) visible[row] = 0;
  }
  return visible;
}

export function isFiltered() {
  return Boolean(state.hits || state.years || state.group !== null || state.topics.size);
}

export function total(visible) {
  let papers = 0;
  for (const one of visible) papers += one;
  return papers;
}

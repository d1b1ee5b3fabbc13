// The state of the page in one place; its parts watch it.

export const state = {
  paper: null, // row of the open paper
  still: false, // whether the paper came from a link with a view, which then stays
  missing: null, // id in a link that no paper here has
  renamed: null, // [old, new] name of a colour or size in a link
  relation: "similar", // what the papers listed and linked are to the open one: "similar", "cites", "cited"
  hover: null, // row under the pointer
  topics: new Set(), // ids of the topics shown, -1 for noise; empty: all
  years: null, // [from, to] or null
  words: "", // as typed into the search box
  hitsNote: "", // description of hits that were not found by words
  hits: null, // rows found, best first, or null
  group: null, // number of the one group shown, where colours are groups
  colour: "topic", // "topic", "year", "strength", "preservation", "cited" or "column<number>"
  size: "same", // "same", "strength", "cited" or "column<number>"
  selection: null, // rows selected by lasso or from the list, or null
  drawing: false, // whether the lasso is in use
  theme: "light",
};

const watchers = [];

// Calls `callback` whenever one of the named parts of the state changes.
export function watch(names, callback) {
  watchers.push({ names, callback });
}

export function change(parts) {
  const changed = Object.keys(parts).filter((name) => state[name] !== parts[name]);
  if (!changed.length) return;
  Object.assign(state, parts);
  for (const { names, callback } of watchers) {
    if (names.some((name) => changed.includes(name))) callback(changed);
  }
}

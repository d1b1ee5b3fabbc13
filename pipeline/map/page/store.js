// What the user sees and has chosen, in one place; the parts of the page watch it.

export const state = {
  paper: null, // row of the open paper
  still: false, // whether the view came with the paper, in a link, and is to stay
  missing: null, // id in a link that no paper has
  renamed: null, // old name in a link, and what it is called now
  hover: null, // row under the pointer
  topics: new Set(), // numbers of the topics shown, -1 for papers between topics; empty: all
  years: null, // [from, to] or null
  words: "", // as typed into the search box
  found: "", // how the hits were found, where it was not by words
  hits: null, // rows found by them, best first, or null
  group: null, // number of the one group shown, where colours are groups
  colour: "topic", // "topic", "year", "strength", "preservation" or "column<number>"
  size: "same", // "same", "strength" or "column<number>"
  selection: null, // rows taken by lasso or from the list, or null
  drawing: false, // whether the lasso is out
  theme: "light",
};

const watchers = [];

// Calls `told` whenever one of the named parts of the state changes.
export function watch(names, told) {
  watchers.push({ names, told });
}

export function change(parts) {
  const changed = Object.keys(parts).filter((name) => state[name] !== parts[name]);
  if (!changed.length) return;
  Object.assign(state, parts);
  for (const { names, told } of watchers) {
    if (names.some((name) => changed.includes(name))) told(changed);
  }
}

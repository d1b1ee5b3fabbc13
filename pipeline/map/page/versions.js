// Near-duplicates: papers that are other versions of each other. A list shows a group of them as one.

import { count } from "./dom.js";

// Rows of the other versions of a paper that this page holds.
export function otherVersions(source, row) {
  const { versions } = source.points;
  const others = [];
  if (versions[row] < 0) return others;
  versions.forEach((group, other) => group === versions[row] && other !== row && others.push(other));
  return others;
}

// The rows of a list, those of a group only once, where its first stands. others: how many more of the list it stands for.
export function asOne(source, rows) {
  const { versions } = source.points;
  const entries = [];
  const firsts = new Map();
  for (const row of rows) {
    const group = versions[row];
    if (group >= 0 && firsts.has(group)) firsts.get(group).others++;
    else {
      const entry = { row, others: 0 };
      entries.push(entry);
      if (group >= 0) firsts.set(group, entry);
    }
  }
  return entries;
}

export function othersNote(others) {
  return others ? `and ${count(others, "other version")}` : "";
}

// How papers are related to the open one: what the lines on the map mean, in words and colours.

// name: of the choice; papers: heading of their list; line: what the lines lead to; note: of a paper at the end of one.
export const RELATIONS = {
  similar: { name: "Similar", papers: "Similar papers", line: "Lines lead to the papers most similar to it.", note: "similar to the open paper" },
  cites: { name: "Cites", papers: "Papers here that it cites", line: "Lines lead to the papers here that it cites.", note: "cited by the open paper" },
  cited: { name: "Cited by", papers: "Papers here that cite it", line: "Lines lead to the papers here that cite it.", note: "cites the open paper" },
};
const COLOURS = {
  similar: { light: "#0b5cad", dark: "#7cbcf7" },
  cites: { light: "#a8440c", dark: "#f2a36b" },
  cited: { light: "#00694b", dark: "#5fd3a8" },
};

export function relationColour(relation, theme) {
  return COLOURS[relation][theme];
}

// Whether papers of this page have references, so that there is more than similarity.
export function hasCitations(source) {
  return "cited" in source.points;
}

// "both cite Moe 2001 and 4 more", from the names of works that two papers cite and how many there are; "" for none.
export function bothCite(references) {
  if (!references?.count) return "";
  const { shared, count } = references;
  if (count <= 2) return `both cite ${shared.join(" and ")}`;
  return `both cite ${shared[0]} and ${count - 1} more`;
}

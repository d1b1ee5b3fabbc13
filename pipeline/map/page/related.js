// Papers related to the open one: those similar to it with the reasons; where papers have references, also those that it
// cites and that cite it, one of the three at a time, in a list and as lines on the map.

import { count, make } from "./dom.js";
import { RELATIONS, bothCite, hasCitations } from "./relations.js";
import { paperButton } from "./search.js";
import { change, state, watch } from "./store.js";
import { asOne, othersNote } from "./versions.js";

const LISTED = 50;

// mark: called with the rows that lines lead to, and their relation.
export function startRelated(source, { open, mark }) {
  let shown = null; // {row, similar, citations, section} of the open paper

  async function load(row) {
    const [similar, citations] = await Promise.all([source.similar(row), hasCitations(source) ? source.citations(row) : null]);
    return { row, similar, citations };
  }

  function close() {
    shown = null;
    mark([], "similar");
  }

  // Two parts of the panel for what was loaded: the choice, empty where there is none, and the list.
  async function draw(loaded) {
    const several = hasCitations(source);
    const [heading, list] = [make("h2", {}), make("div", {})];
    const status = make("p", { class: "quiet", role: "status" });
    const buttons = several ? choice(loaded.citations) : [];
    const group = make("div", { class: "row", role: "group", "aria-label": "Papers to list, and to draw lines to" }, ...buttons);
    shown = { ...loaded, buttons, status, heading, list };
    await fill();
    return { choice: several ? [make("div", { class: "relation" }, group, status)] : [], papers: [heading, list] };
  }

  async function fill() {
    const { row, similar, buttons, status, heading, list } = shown;
    const relation = hasCitations(source) ? state.relation : "similar";
    const rows = rowsOf(relation);
    const listed = relation === "similar" ? [] : rows.slice(0, LISTED);
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.relation === relation)));
    heading.textContent = RELATIONS[relation].papers;
    status.textContent = told(relation, rows);
    mark(rows, relation);
    const briefs = await source.briefs(listed);
    if (shown?.list !== list || (hasCitations(source) && state.relation !== relation)) return;
    const items = briefs.map((paper, place) => make("li", {}, paperButton(source, { ...paper, row: listed[place] }, open, note(listed[place]))));
    list.replaceChildren(relation === "similar" ? similarList(row, similar) : make("ol", { class: relation }, ...items));
  }

  // Rows of one relation to the open paper: similar ones the most similar first, others the most cited here first.
  function rowsOf(relation) {
    const { similar, citations } = shown;
    if (relation === "similar") return (similar || []).map((other) => other.row);
    const { cited, year } = source.points;
    return [...(citations?.[relation] || [])].sort((a, b) => cited[b] - cited[a] || year[b] - year[a] || a - b);
  }

  // A button for each relation.
  function choice(citations) {
    const number = (relation) => (relation === "similar" || !citations ? "" : ` ${citations[relation].length.toLocaleString("en")}`);
    return Object.entries(RELATIONS).map(([relation, { name }]) =>
      make("button", { type: "button", "data-relation": relation, onclick: () => change({ relation }) }, `${name}${number(relation)}`),
    );
  }

  // What list and lines show, in words.
  function told(relation, rows) {
    const { row, citations } = shown;
    if (relation === "similar") return rows.length ? RELATIONS.similar.line : "";
    if (!citations) return "Citations are left out of this file; they are in the run folder.";
    const more = rows.length > LISTED ? ` The first ${LISTED} are listed.` : "";
    if (rows.length) return `${known(relation, row)}${RELATIONS[relation].line}${more}`;
    if (relation === "cited") return "No paper here cites it.";
    return source.points.references[row] ? `${known(relation, row)}None of them is here.` : "Its source gave no references.";
  }

  function known(relation, row) {
    const works = source.points.references[row];
    return relation === "cites" && works ? `It cites ${count(works, "work")}. ` : "";
  }

  function note(row) {
    const times = source.points.cited[row];
    return times ? `cited by ${count(times, "paper")} here` : "";
  }

  function similarList(row, similar) {
    if (similar === null) {
      return make("p", { class: "quiet" }, "Similar papers are left out of this file; the command `paperatlas similar` finds them in the run folder.");
    }
    if (!similar.length) return make("p", { class: "quiet" }, "There are no other papers.");
    const items = asOne(source, similar.map((other) => other.row)).map(({ row: first, others }) => {
      const other = similar.find((one) => one.row === first);
      return make("li", {}, paperButton(source, other, open, [othersNote(others), reason(row, other)].filter(Boolean).join(" · ")));
    });
    return make("ol", { class: "similar" }, ...items);
  }

  function reason(row, other) {
    const { nearest, second } = source.points;
    const same = nearest[row] === nearest[other.row];
    const bridge = second[row] === nearest[other.row] || second[other.row] === nearest[row];
    const words = other.terms.length ? `both say ${other.terms.join(", ")}` : "";
    const topics = same ? "same topic" : bridge ? "a bridge between topics" : "another topic";
    const { citations } = shown;
    const cites = citations?.cites.includes(other.row) ? "cited by it" : citations?.cited.includes(other.row) ? "cites it" : "";
    return [`cosine ${other.similarity.toFixed(2)}`, topics, words, cites, bothCite(other.references)].filter(Boolean).join(" · ");
  }

  watch(["relation"], () => {
    const list = shown?.list;
    if (list) fill().catch((problem) => list.replaceChildren(make("p", { role: "alert" }, `The papers cannot be listed: ${problem.message}.`)));
  });
  return { load, draw, close };
}

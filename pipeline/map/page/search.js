// The search box: finds papers while the user types, marks them on the map and lists them.

import { count, find, make, settled } from "./dom.js";
import { change, state, watch } from "./store.js";
import { asOne, othersNote } from "./versions.js";

const LISTED = 50;
const PAUSE = 150; // milliseconds without typing

export function startSearch(source, open) {
  const [box, status, results] = ["search", "search-status", "results"].map(find);
  let latest = 0;
  const likeText = make("button", { type: "button", hidden: true, onclick: askLike }, "Papers like this text");
  status.after(likeText);

  // Searches for the words in the box, or for other words, which are first written into it.
  async function ask(words) {
    if (words !== undefined) box.value = words;
    const query = box.value.trim();
    const number = ++latest;
    likeText.hidden = !source.served || !query;
    if (!query) return change({ words: "", hits: null, hitsNote: "" });
    try {
      const hits = await source.search(query);
      if (number === latest) change({ words: query, hits, hitsNote: "" });
    } catch (problem) {
      status.textContent = `The search failed: ${problem.message}.`;
    }
  }

  function clear() {
    ask("");
  }

  // Search by similarity: the text in the box, of any length, is compared with the papers as another paper would be.
  async function askLike() {
    const number = ++latest;
    try {
      const { rows } = await source.like({ text: box.value });
      if (number === latest) change({ words: "", hits: rows, hitsNote: `The ${count(rows.length, "paper")} most like this text` });
    } catch (problem) {
      status.textContent = `The search failed: ${problem.message}.`;
    }
  }

  async function list() {
    const { hits } = state;
    // Status and list change together, so that they always belong to the same search.
    const entries = asOne(source, hits || []);
    const listed = entries.slice(0, LISTED);
    const briefs = listed.length ? await source.briefs(listed.map(({ row }) => row)) : [];
    if (hits !== state.hits) return;
    results.hidden = !briefs.length;
    status.textContent = !hits ? "" : state.hitsNote ? state.hitsNote : hits.length ? `${count(hits.length, "paper")} found` : "No paper contains all these words.";
    if (results.hidden) return results.replaceChildren();
    const button = make("button", { type: "button", class: "plain", onclick: clear }, "Clear");
    const items = briefs.map((paper, place) => paperButton(source, { ...paper, row: listed[place].row }, open, othersNote(listed[place].others)));
    const more = entries.length > LISTED ? make("p", { class: "quiet" }, `The first ${LISTED} are listed; all are marked on the map.`) : null;
    results.replaceChildren(
      make("div", { class: "head" }, make("h2", {}, "Found"), button),
      make("ol", {}, ...items.map((item) => make("li", {}, item))),
      ...(more ? [more] : []),
    );
  }

  box.addEventListener("input", settled(PAUSE, () => ask()));
  watch(["hits"], list);
  return { ask, box, clear };
}

// A paper as a button: title, then authors, year and note.
export function paperButton(source, paper, open, note = "") {
  const year = yearOf(source, paper.row);
  const line = [shortAuthors(paper.authors), year, note].filter(Boolean).join(" · ");
  return make(
    "button",
    { type: "button", class: "paper", onclick: () => open(paper.row) },
    make("strong", {}, paper.title || "(no title)"),
    make("span", {}, line),
  );
}

export function yearOf(source, row) {
  const year = source.points.year[row];
  return year === -32768 ? "" : String(year);
}

export function shortAuthors(names) {
  return names.length > 3 ? `${names.slice(0, 2).join(", ")} and ${names.length - 2} more` : names.join(", ");
}

// The search box: papers found as one types, marked on the map and listed.

import { count, find, make, settled } from "./dom.js";
import { change, state, watch } from "./store.js";

const LISTED = 50;
const PAUSE = 150; // milliseconds without typing

export function startSearch(source, open) {
  const [box, account, results] = ["search", "search-account", "results"].map(find);
  let asked = 0;
  const alike = make("button", { type: "button", hidden: true, onclick: askLike }, "Papers like this text");
  account.after(alike);

  // Searches for what is in the box, or for other words, which are then written into it.
  async function ask(words) {
    if (words !== undefined) box.value = words;
    const wanted = box.value.trim();
    const mine = ++asked;
    alike.hidden = !source.served || !wanted;
    if (!wanted) return change({ words: "", hits: null, found: "" });
    try {
      const hits = await source.search(wanted);
      if (mine === asked) change({ words: wanted, hits, found: "" });
    } catch (problem) {
      account.textContent = `The search failed: ${problem.message}.`;
    }
  }

  function clear() {
    ask("");
  }

  // By meaning: what is in the box, however long, is compared with the papers as one of them would be.
  async function askLike() {
    const mine = ++asked;
    try {
      const { rows } = await source.like({ text: box.value });
      if (mine === asked) change({ words: "", hits: rows, found: `The ${count(rows.length, "paper")} most like this text` });
    } catch (problem) {
      account.textContent = `The search failed: ${problem.message}.`;
    }
  }

  async function list() {
    const { hits } = state;
    // The account changes together with the list: it never stands over another search's papers.
    const briefs = hits?.length ? await source.briefs(hits.slice(0, LISTED)) : [];
    if (hits !== state.hits) return;
    results.hidden = !briefs.length;
    account.textContent = !hits ? "" : state.found ? state.found : hits.length ? `${count(hits.length, "paper")} found` : "No paper holds all these words.";
    if (results.hidden) return results.replaceChildren();
    const button = make("button", { type: "button", class: "plain", onclick: clear }, "Clear");
    const items = briefs.map((paper, place) => paperButton(source, { ...paper, row: hits[place] }, open));
    const more = hits.length > LISTED ? make("p", { class: "quiet" }, `The first ${LISTED} are listed; all are marked on the map.`) : null;
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

// A paper as one button: title, then authors and year.
export function paperButton(source, paper, open, note = "") {
  const year = yearOf(source, paper.row);
  const said = [shortAuthors(paper.authors), year, note].filter(Boolean).join(" · ");
  return make(
    "button",
    { type: "button", class: "paper", onclick: () => open(paper.row) },
    make("strong", {}, paper.title || "(no title)"),
    make("span", {}, said),
  );
}

export function yearOf(source, row) {
  const year = source.points.year[row];
  return year === -32768 ? "" : String(year);
}

export function shortAuthors(names) {
  return names.length > 3 ? `${names.slice(0, 2).join(", ")} and ${names.length - 2} more` : names.join(", ");
}

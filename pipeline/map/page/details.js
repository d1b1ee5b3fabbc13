// The open paper: its abstract, topics and links, and similar papers with the reasons.

import { find, make } from "./dom.js";
import { topicColour } from "./colours.js";
import { paperButton, yearOf } from "./search.js";
import { change, state, watch } from "./store.js";
import { asOne, otherVersions, othersNote } from "./versions.js";

const ADDRESS = /^https?:\/\//i;
const VERSIONS = 20; // that are named

export function startDetails(source, { open, opened, mark }) {
  const panel = find("panel");

  async function draw() {
    const row = state.paper;
    if (row === null) {
      mark([]);
      if (!state.selection) panel.hidden = true;
      return;
    }
    let paper;
    let similar;
    let versions;
    const others = otherVersions(source, row);
    try {
      [paper, similar, versions] = await Promise.all([source.full(row), source.similar(row), source.briefs(others.slice(0, VERSIONS))]);
    } catch (problem) {
      if (state.paper !== row) return;
      panel.replaceChildren(...head(), make("p", { role: "alert" }, `The paper cannot be shown: ${problem.message}.`));
      panel.hidden = false;
      mark([]);
      return;
    }
    if (state.paper !== row) return;
    const title = make("h2", { class: "title", tabindex: "-1" }, paper.title || "(no title)");
    panel.replaceChildren(
      ...head(),
      title,
      make("p", { class: "quiet" }, [paper.authors.join(", "), yearOf(source, row)].filter(Boolean).join(" · ")),
      make("p", { class: "row" }, ...links(paper.links), make("span", { class: "quiet" }, paper.id)),
      make("div", { class: "facts" }, ...facts(row)),
      abstract(paper),
      ...versionList(others, versions),
      make("h2", {}, "Similar papers"),
      similarList(row, similar),
    );
    panel.hidden = false;
    panel.scrollTop = 0;
    mark((similar || []).map((other) => other.row));
    title.focus();
    opened(row);
  }

  function head() {
    const close = make("button", { type: "button", "aria-label": "Close", onclick: () => open(null) }, "✕");
    const back = state.selection
      ? make("button", { type: "button", onclick: () => open(null) }, `← ${state.selection.length.toLocaleString("en")} selected`)
      : make("span", {});
    return [make("div", { class: "top" }, back, close)];
  }

  function links(named) {
    return named
      .filter(([, address]) => ADDRESS.test(address))
      .slice(0, 4)
      .map(([name, address]) => make("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, name));
  }

  function facts(row) {
    const { points, meta } = source;
    const strength = (points.strength[row] / 255).toFixed(2);
    const nearest = points.nearest[row];
    const inside = points.topic[row] >= 0;
    const lines = [
      fact(inside ? "Topic" : "Between topics, nearest to", nearest, `strength ${strength}`),
      stability(nearest),
      points.second[row] >= 0 ? fact("Second topic", points.second[row], "") : null,
      make("p", { class: "quiet" }, `Neighbourhood preservation: ${(100 * points.preservation[row] / 255).toFixed(0)} % of its most similar papers are close to it on the map.`),
    ];
    meta.columns.forEach(({ name, groups }, number) => {
      const value = points[`column${number}`][row];
      const text = groups.length ? groups[value] : Number.isFinite(value) ? String(+value.toPrecision(12)) : "";
      if (text) lines.push(make("p", { class: "quiet" }, `${name}: ${text}`));
    });
    return lines.filter(Boolean);
  }

  function stability(topic) {
    const share = source.meta.topicOf[topic].stability;
    if (share === null) return null;
    return make("p", { class: "quiet" }, `This topic was recovered in ${(100 * share).toFixed(0)} % of the resamples.`);
  }

  function fact(name, topic, note) {
    const swatch = make("span", { class: "swatch", "aria-hidden": "true" });
    swatch.style.background = topicColour(source.meta, topic, state.theme);
    const label = source.meta.topicOf[topic].label;
    const show = make("button", { type: "button", class: "plain", onclick: () => change({ topics: new Set([topic]) }) }, label);
    return make("div", { class: "row" }, make("span", { class: "quiet" }, name), swatch, show, make("span", { class: "quiet" }, note));
  }

  function abstract(paper) {
    if (paper.abstract === null) {
      return make("p", { class: "quiet" }, "Abstracts are left out of this file; they are in the run folder.");
    }
    return paper.abstract ? make("p", { class: "abstract" }, paper.abstract) : make("p", { class: "quiet" }, "No abstract.");
  }

  function versionList(others, briefs) {
    if (!others.length) return [];
    const items = briefs.map((paper, place) => make("li", {}, paperButton(source, { ...paper, row: others[place] }, open)));
    const more = others.length > briefs.length ? make("p", { class: "quiet" }, `The first ${VERSIONS} of ${others.length.toLocaleString("en")}.`) : null;
    const note = make("p", { class: "quiet" }, "Near-duplicates of this paper, by meaning and words.");
    return [make("h2", {}, "Other versions"), note, make("ol", { class: "versions" }, ...items), ...(more ? [more] : [])];
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
    return [`cosine ${other.similarity.toFixed(2)}`, topics, words].filter(Boolean).join(" · ");
  }

  watch(["paper"], draw);
  watch(["theme"], () => state.paper !== null && draw());
}

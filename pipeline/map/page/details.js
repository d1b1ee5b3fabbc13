// The open paper: its abstract, topics and links, its other versions, and what is related to it.

import { count, find, make } from "./dom.js";
import { topicColour } from "./colours.js";
import { startRelated } from "./related.js";
import { hasCitations } from "./relations.js";
import { paperButton, yearOf } from "./search.js";
import { change, state, watch } from "./store.js";
import { otherVersions } from "./versions.js";

const ADDRESS = /^https?:\/\//i;
const VERSIONS = 20; // that are named

export function startDetails(source, { open, opened, mark }) {
  const panel = find("panel");
  const related = startRelated(source, { open, mark });

  async function draw() {
    const row = state.paper;
    if (row === null) {
      related.close();
      if (!state.selection) panel.hidden = true;
      return;
    }
    let paper;
    let parts;
    let versions;
    const others = otherVersions(source, row);
    try {
      const [found, loaded, briefs] = await Promise.all([source.full(row), related.load(row), source.briefs(others.slice(0, VERSIONS))]);
      if (state.paper !== row) return;
      [paper, versions, parts] = [found, briefs, await related.draw(loaded)];
    } catch (problem) {
      if (state.paper !== row) return;
      panel.replaceChildren(...head(), make("p", { role: "alert" }, `The paper cannot be shown: ${problem.message}.`));
      panel.hidden = false;
      related.close();
      return;
    }
    if (state.paper !== row) return;
    const title = make("h2", { class: "title", tabindex: "-1" }, paper.title || "(no title)");
    panel.replaceChildren(
      ...head(),
      title,
      make("p", { class: "quiet" }, [paper.authors.join(", "), yearOf(source, row)].filter(Boolean).join(" · ")),
      make("p", { class: "row" }, ...links(paper.links), make("span", { class: "quiet" }, paper.id)),
      ...parts.choice,
      make("div", { class: "facts" }, ...facts(row)),
      abstract(paper),
      ...versionList(others, versions),
      ...parts.papers,
    );
    panel.hidden = false;
    panel.scrollTop = 0;
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
    if (hasCitations(source)) lines.push(make("p", { class: "quiet" }, citationsOf(row)));
    meta.columns.forEach(({ name, groups }, number) => {
      const value = points[`column${number}`][row];
      const text = groups.length ? groups[value] : Number.isFinite(value) ? String(+value.toPrecision(12)) : "";
      if (text) lines.push(make("p", { class: "quiet" }, `${name}: ${text}`));
    });
    return lines.filter(Boolean);
  }

  function citationsOf(row) {
    const { cited, references } = source.points;
    const here = cited[row] ? `Cited by ${count(cited[row], "paper")} here` : "Cited by no paper here";
    return `${here}; ${references[row] ? `cites ${count(references[row], "work")}` : "its source gave no references"}.`;
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

  watch(["paper"], draw);
  watch(["theme"], () => state.paper !== null && draw());
}

// What colours and sizes mean, and the menus to choose them.

import { find, make } from "./dom.js";
import { choices, groupColour, groupOrder, rangeOf } from "./colours.js";
import { RELATIONS, hasCitations, relationColour } from "./relations.js";
import { change, state, watch } from "./store.js";

const GROUPS = 10;
const CITED = "how many papers of this map cite a paper.";

export function startLegend(source) {
  const { meta } = source;
  const legend = find("legend");
  const offered = choices(source);
  const measures = [{ key: "same", name: "Uniform" }, ...offered.filter(({ key, groups }) => !groups && !["topic", "preservation", "year"].includes(key))];

  function select(name, options, key) {
    const id = `choose-${key}`;
    const box = make(
      "select",
      { id, onchange: () => change(key === "colour" ? { colour: box.value, group: null } : { [key]: box.value }) },
      ...options.map((option) => make("option", { value: option.key }, option.name)),
    );
    box.value = state[key];
    return make("div", { class: "pair" }, make("label", { for: id }, name), box);
  }

  function meaning() {
    const chosen = offered.find(({ key }) => key === state.colour);
    if (state.colour === "topic") return [];
    if (chosen.groups) return [groupList(chosen.groups)];
    return [...scale(), ...explained()];
  }

  function groupList(groups) {
    const order = groupOrder(source);
    const listed = order.filter((group, place) => place < GROUPS || group === state.group);
    const items = listed.map((group) => {
      const place = order.indexOf(group);
      const swatch = make("span", { class: "swatch", "aria-hidden": "true" });
      swatch.style.background = groupColour(meta, place, state.theme);
      const pressed = String(state.group === group);
      const pick = () => change({ group: state.group === group ? null : group });
      return make("li", {}, make("button", { type: "button", class: "topic", "aria-pressed": pressed, onclick: pick }, swatch, make("span", { class: "name" }, groups[group])));
    });
    const rest = [make("p", { class: "quiet" }, groups.length > GROUPS ? "Grey: other values, or none." : "Grey: no value.")];
    return make("div", {}, make("ul", {}, ...items), ...rest);
  }

  function scale() {
    const bar = make("div", { class: "scale", "aria-hidden": "true" });
    bar.style.background = `linear-gradient(to right, ${meta.scale.join(", ")})`;
    const parts = state.colour === "strength" || state.colour === "preservation";
    const texts = rangeOf(source, state.colour).map((value) => (parts ? String(value / 255) : String(+value.toPrecision(6))));
    return [bar, make("div", { class: "ends" }, ...texts.map((text) => make("span", {}, text)))];
  }

  function explained() {
    const { preservation } = meta;
    const texts = {
      cited: `Colour: ${CITED}`,
      strength: "Share of a paper's neighbours that support its topic.",
      preservation: `Share of a paper's ${preservation.true} most similar papers that are among the ${preservation.near} nearest to it on the map; ${preservation.mean.toFixed(2)} on average. Where it is low, distances on the map mean little.`,
    };
    return texts[state.colour] ? [make("p", { class: "quiet" }, texts[state.colour])] : [];
  }

  // What the lines from the open paper mean, where they may mean several things.
  function lines() {
    if (state.paper === null || !hasCitations(source)) return [];
    const key = make("span", { class: "line", "aria-hidden": "true" });
    key.style.background = relationColour(state.relation, state.theme);
    return [make("div", { class: "lines" }, key, make("span", {}, RELATIONS[state.relation].line))];
  }

  function draw() {
    const focused = document.activeElement?.id;
    legend.replaceChildren(
      select("Colour by", offered, "colour"),
      ...(measures.length > 1 ? [select("Size by", measures, "size")] : []),
      ...meaning(),
      ...(state.size === "cited" && state.colour !== "cited" ? [make("p", { class: "quiet" }, `Size: ${CITED}`)] : []),
      ...lines(),
    );
    if (focused && legend.querySelector(`#${CSS.escape(focused)}`)) find(focused).focus();
  }

  watch(["colour", "size", "group", "theme", "topics", "years", "hits", "paper", "relation"], draw);
  draw();
}

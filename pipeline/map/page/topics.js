// The tree of areas and topics with the number of papers shown of each; a click on a topic filters by it.

import { count, find, make } from "./dom.js";
import { hueOf, topicColour } from "./colours.js";
import { passing } from "./filters.js";
import { change, state, watch } from "./store.js";

const FEW = 15; // topics up to which all are listed at once
const FIRST = 12;
const UNSTABLE = 0.5; // share of the resamples below which a topic is marked

export function startTopics(source) {
  const { meta, points } = source;
  const section = find("topics");
  const noise = points.topic.some((topic) => topic < 0);
  const largest = [...meta.topics].sort((a, b) => b.size - a.size || a.id - b.id);
  const numbers = largest.map((topic) => topic.id);
  const areas = [...meta.areas].sort((a, b) => b.size - a.size || a.id - b.id);
  const inside = new Set(areas.flatMap((area) => area.topics));
  const opened = new Set(numbers.length <= FEW ? areas.map((area) => area.id) : []);
  let whole = numbers.length <= FEW;

  function counts() {
    const visible = passing(source, "topics");
    const shown = new Map();
    for (let row = 0; row < points.topic.length; row++) {
      if (visible[row]) shown.set(points.topic[row], (shown.get(points.topic[row]) || 0) + 1);
    }
    return shown;
  }

  function toggle(topic) {
    const chosen = new Set(state.topics);
    if (!chosen.delete(topic)) chosen.add(topic);
    change({ topics: chosen });
  }

  function about({ keywords, stability }) {
    const words = keywords.join(", ");
    return stability === null ? words : `${words}. Recovered in ${(100 * stability).toFixed(0)} % of the resamples`;
  }

  function mark({ stability }) {
    return stability !== null && stability < UNSTABLE ? make("em", { class: "unstable" }, " unstable") : null;
  }

  function button(topic, shown) {
    const swatch = make("span", { class: "swatch", "aria-hidden": "true" });
    swatch.style.background = topicColour(meta, topic, state.theme);
    const label = topic < 0 ? "Between topics" : meta.topicOf[topic].label;
    const title = topic < 0 ? "Papers that HDBSCAN left without a topic (noise)" : about(meta.topicOf[topic]);
    return make(
      "button",
      {
        type: "button",
        class: shown ? "topic" : "topic none",
        title,
        "data-topic": topic,
        "aria-pressed": String(state.topics.has(topic)),
        onclick: () => toggle(topic),
      },
      swatch,
      make("span", { class: "name" }, label, topic < 0 ? null : mark(meta.topicOf[topic])),
      make("span", { class: "count" }, shown.toLocaleString("en")),
    );
  }

  function branch(area, shown) {
    const swatch = make("span", { class: "swatch", "aria-hidden": "true" });
    swatch.style.background = hueOf(meta, area, state.theme);
    const total = area.topics.reduce((sum, topic) => sum + (shown.get(topic) || 0), 0);
    const chosen = area.topics.some((topic) => state.topics.has(topic));
    const listed = area.topics.map((topic) => make("li", {}, button(topic, shown.get(topic) || 0)));
    const details = make(
      "details",
      { "data-area": area.id, open: opened.has(area.id) || chosen, ontoggle: () => opened[details.open ? "add" : "delete"](area.id) },
      make(
        "summary",
        { class: "topic", title: area.keywords.join(", ") },
        swatch,
        make("span", { class: "name" }, area.label),
        make("span", { class: "count" }, total.toLocaleString("en")),
      ),
      make("button", { type: "button", class: "plain", onclick: () => change({ topics: new Set(area.topics) }) }, `Only these ${count(area.topics.length, "topic")}`),
      make("ul", {}, ...listed),
    );
    return make("li", {}, details);
  }

  function rows(shown) {
    if (areas.length) {
      const alone = largest.filter(({ id }) => !inside.has(id));
      const first = [...areas, ...alone].sort((a, b) => b.size - a.size);
      return first.map((one) => (one.topics ? branch(one, shown) : make("li", {}, button(one.id, shown.get(one.id) || 0))));
    }
    const listed = whole ? numbers : numbers.filter((topic, place) => place < FIRST || state.topics.has(topic));
    return listed.map((topic) => make("li", {}, button(topic, shown.get(topic) || 0)));
  }

  function draw() {
    const focused = document.activeElement?.dataset?.topic;
    const shown = counts();
    const between = noise ? [make("li", {}, button(-1, shown.get(-1) || 0))] : [];
    const clear = state.topics.size
      ? make("button", { type: "button", class: "plain", onclick: () => change({ topics: new Set() }) }, "Show all")
      : null;
    const some = inside.size < numbers.length ? `, ${inside.size} of them` : "";
    const title = areas.length ? `${count(numbers.length, "topic")}${some} in ${count(areas.length, "area")}` : count(numbers.length, "topic");
    section.replaceChildren(
      make("div", { class: "head" }, make("h2", {}, title), clear),
      make("ul", { class: areas.length ? "tree" : null }, ...rows(shown), ...between),
      ...(numbers.length > FEW ? [moreButton()] : []),
    );
    if (focused !== undefined) section.querySelector(`[data-topic="${focused}"]`)?.focus();
  }

  function moreButton() {
    const fewer = areas.length ? "Only the areas" : `Only the ${FIRST} largest`;
    const toggleWhole = () => {
      whole = !whole;
      opened.clear();
      if (whole) areas.forEach((area) => opened.add(area.id));
      draw();
    };
    return make("button", { type: "button", class: "plain", onclick: toggleWhole }, whole ? fewer : `All ${numbers.length} topics`);
  }

  watch(["topics", "years", "hits", "group", "theme"], draw);
  draw();
}

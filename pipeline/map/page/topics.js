// The list of topics with the number of papers shown of each; a click filters by topic.

import { count, find, make } from "./dom.js";
import { topicColour } from "./colours.js";
import { passing } from "./filters.js";
import { change, state, watch } from "./store.js";

const FIRST = 12;

export function startTopics(source) {
  const { meta, points } = source;
  const section = find("topics");
  const noise = points.topic.some((topic) => topic < 0);
  const numbers = [...meta.topics].sort((a, b) => b.size - a.size || a.id - b.id).map((topic) => topic.id);
  let whole = numbers.length <= FIRST + 3;

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
      make("span", { class: "name" }, label),
      make("span", { class: "count" }, shown.toLocaleString("en")),
    );
  }

  function draw() {
    const focused = document.activeElement?.dataset?.topic;
    const shown = counts();
    const listed = whole ? numbers : numbers.filter((topic, place) => place < FIRST || state.topics.has(topic));
    const rows = [...listed, ...(noise ? [-1] : [])].map((topic) => make("li", {}, button(topic, shown.get(topic) || 0)));
    const clear = state.topics.size
      ? make("button", { type: "button", class: "plain", onclick: () => change({ topics: new Set() }) }, "Show all")
      : null;
    const more = numbers.length > FIRST + 3 ? moreButton() : null;
    section.replaceChildren(
      make("div", { class: "head" }, make("h2", {}, count(numbers.length, "topic")), clear),
      make("ul", {}, ...rows),
      ...(more ? [more] : []),
    );
    if (focused !== undefined) section.querySelector(`[data-topic="${focused}"]`)?.focus();
  }

  function moreButton() {
    const text = whole ? `Only the ${FIRST} largest` : `All ${numbers.length} topics`;
    return make("button", { type: "button", class: "plain", onclick: () => { whole = !whole; draw(); } }, text);
  }

  watch(["topics", "years", "hits", "group", "theme"], draw);
  draw();
}

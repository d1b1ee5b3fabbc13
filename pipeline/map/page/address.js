// The view <-> the address's fragment, so that a link shows another person the same thing and "back" works.

import { settled } from "./dom.js";
import { change, state, watch } from "./store.js";

// scene may be null; source finds the row of an id.
export function startAddress(source, scene, search) {
  let reading = false;

  async function written() {
    const parts = new URLSearchParams();
    if (state.paper !== null) parts.set("paper", (await source.brief(state.paper)).id);
    if (state.topics.size) parts.set("topics", [...state.topics].join(","));
    if (state.years) parts.set("years", state.years.join("-"));
    if (state.words) parts.set("words", state.words);
    if (state.colour !== "topic") parts.set("colour", state.colour);
    if (state.group !== null) parts.set("group", state.group);
    if (state.size !== "same") parts.set("size", state.size);
    if (scene && (scene.view.zoom !== scene.whole.zoom || scene.view.target[0] !== scene.whole.target[0])) {
      const { target, zoom } = scene.view;
      parts.set("view", [target[0].toFixed(3), target[1].toFixed(3), zoom.toFixed(2)].join(","));
    }
    return `#${String(parts).replaceAll("%2C", ",")}`;
  }

  // push: a step that "back" undoes; else the present step is rewritten.
  async function write(push) {
    if (reading) return;
    const fragment = await written();
    if (fragment === (location.hash || "#")) return;
    if (push) history.pushState(null, "", fragment);
    else history.replaceState(null, "", fragment);
  }

  async function read() {
    reading = true;
    const parts = new URLSearchParams(location.hash.slice(1));
    const known = source.meta.topics.length;
    const topics = numbers(parts.get("topics")).filter((topic) => topic >= -1 && topic < known);
    const years = /^(-?\d+)-(-?\d+)$/.exec(parts.get("years") || "");
    const colour = parts.get("colour");
    const size = parts.get("size");
    const group = parseInt(parts.get("group"), 10);
    const view = numbers(parts.get("view"));
    if (scene && view.length === 3) scene.look({ target: [view[0], view[1], 0], zoom: view[2] });
    change({
      topics: new Set(topics),
      years: years ? [Number(years[1]), Number(years[2])] : null,
      colour: colour in source.points || colour === "topic" ? colour : "topic",
      size: size in source.points ? size : "same",
      group: Number.isFinite(group) ? group : null,
    });
    // Up to here at once, before the first picture; what needs the papers' texts comes when they are there.
    const row = parts.has("paper") ? await source.row(parts.get("paper")) : null;
    change({ paper: row });
    if (scene && row !== null && view.length !== 3) scene.show(row);
    search.box.value = parts.get("words") || "";
    await search.ask();
    reading = false;
  }

  watch(["paper"], () => write(true));
  const rewrite = settled(300, () => write(false));
  watch(["topics", "years", "words", "colour", "group", "size"], rewrite);
  addEventListener("popstate", read);
  return { read, moved: rewrite };
}

function numbers(text) {
  return (text || "").split(",").map(Number).filter((value, place, all) => Number.isFinite(value) && all[place] !== "" && text);
}

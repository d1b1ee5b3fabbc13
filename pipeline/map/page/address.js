// The state of the page <-> the fragment of its address, so that a link shows the same view and "back" works.

import { choices } from "./colours.js";
import { settled } from "./dom.js";
import { RELATIONS, hasCitations } from "./relations.js";
import { change, state, watch } from "./store.js";

const RENAMED = { trust: "preservation" }; // names of colours in links made by the release before

// scene may be null; source finds the row of an id.
export function startAddress(source, scene, search) {
  let reads = 0; // begun so far; the result of an older one is dropped
  let writes = 0;
  let reading = false;

  async function written() {
    const parts = new URLSearchParams();
    if (state.topics.size) parts.set("topics", [...state.topics].join(","));
    if (state.years) parts.set("years", state.years.join("-"));
    if (state.words) parts.set("words", state.words);
    if (state.colour !== "topic") parts.set("colour", state.colour);
    if (state.group !== null) parts.set("group", state.group);
    if (state.size !== "same") parts.set("size", state.size);
    if (state.relation !== "similar") parts.set("lines", state.relation);
    if (scene && !scene.isWhole()) {
      const { target, zoom } = scene.view;
      parts.set("view", [target[0].toFixed(3), target[1].toFixed(3), zoom.toFixed(2)].join(","));
    }
    if (state.paper !== null) parts.set("paper", (await source.brief(state.paper)).id);
    return `#${String(parts).replaceAll("%2C", ",")}`;
  }

  // push: as a step that "back" undoes; otherwise the present entry of the history is replaced.
  async function write(push) {
    if (reading || location.href.startsWith("about:")) return; // a page inside another has no address of its own
    const number = ++writes;
    const fragment = await written();
    if (reading || number !== writes || fragment === (location.hash || "#")) return;
    if (push) history.pushState(null, "", fragment);
    else history.replaceState(null, "", fragment);
  }

  async function read() {
    const number = ++reads;
    reading = true;
    const parts = new URLSearchParams(location.hash.slice(1));
    change(filtersOf(source, parts));
    const view = numbers(parts.get("view"));
    if (scene && view.length === 3) scene.look({ target: [view[0], view[1], 0], zoom: scene.within(view[2]) });
    else if (scene) scene.look({ ...scene.whole });
    // Up to here before the first picture is drawn; the rest waits for the papers' texts.
    const id = parts.get("paper");
    const row = id === null ? null : await source.row(id);
    if (number !== reads) return;
    change({ paper: row, missing: row === null ? id : null, still: view.length === 3 });
    await search.ask(parts.get("words") || "");
    if (number === reads) reading = false;
  }

  watch(["paper"], () => write(true));
  const rewrite = settled(300, () => write(false));
  watch(["topics", "years", "words", "colour", "group", "size", "relation"], rewrite);
  addEventListener("popstate", read);
  return { read, moved: rewrite };
}

// Filters, colours and sizes of a fragment; an invalid one gets its default.
function filtersOf(source, parts) {
  const offered = choices(source);
  const named = (key) => offered.find((choice) => choice.key === (RENAMED[parts.get(key)] ?? parts.get(key)));
  const topics = numbers(parts.get("topics")).filter((topic) => topic === -1 || topic in source.meta.topicOf);
  const years = /^(-?\d{1,4})-(-?\d{1,4})$/.exec(parts.get("years") || "");
  const colour = named("colour");
  const size = named("size");
  const group = parseInt(parts.get("group"), 10);
  const relation = hasCitations(source) && Object.hasOwn(RELATIONS, parts.get("lines")) ? parts.get("lines") : "similar";
  const old = ["colour", "size"].map((key) => parts.get(key)).find((value) => value in RENAMED);
  return {
    renamed: old ? [old, RENAMED[old]] : null,
    relation,
    topics: new Set(topics.filter(Number.isInteger)),
    years: years ? [Number(years[1]), Number(years[2])].sort((a, b) => a - b) : null,
    colour: colour ? colour.key : "topic",
    size: size && !size.groups && size.key !== "topic" ? size.key : "same",
    group: colour?.groups && group >= 0 && group < colour.groups.length ? group : null,
  };
}

// Numbers between commas; empty where one of them is not a finite number.
function numbers(text) {
  const parts = text ? text.split(",") : [];
  return parts.every((part) => part.trim() && Number.isFinite(Number(part))) ? parts.map(Number) : [];
}

// The works cited most that are not among the papers: of all papers, or of the one topic that is chosen.

import { count, find, make } from "./dom.js";
import { hasCitations } from "./relations.js";
import { change, state, watch } from "./store.js";

const FIRST = 10;
const ADDRESS = /^https?:\/\//i;

export async function startMissingWorks(source) {
  if (!hasCitations(source)) return;
  const section = find("missing");
  let missing = source.served ? undefined : await source.missing(); // a server is asked once the list is opened
  if (missing === null) return;
  let whole = false;
  const list = make("div", { class: "works" });
  const details = make("details", { ontoggle: draw }, make("summary", {}, make("h2", {}, "What is missing")), list);
  section.replaceChildren(details);
  section.hidden = false;

  // The topic whose papers are asked, null for all.
  function chosenTopic() {
    const [topic] = state.topics;
    return state.topics.size === 1 && topic >= 0 ? topic : null;
  }

  async function draw() {
    if (!details.open) return;
    if (missing === undefined) {
      list.replaceChildren(make("p", { class: "quiet", role: "status" }, "References are being matched…"));
      missing = await source.missing().catch((problem) => ({ problem: problem.message }));
    }
    if (missing?.problem) return list.replaceChildren(make("p", { role: "alert" }, `The list cannot be shown: ${missing.problem}.`));
    const topic = chosenTopic();
    const numbers = (topic === null ? missing?.all : missing?.topics[topic]) || [];
    const papers = topic === null ? "papers here" : `papers of “${source.meta.topicOf[topic].label}”`;
    const note = numbers.length
      ? `Works that ${papers} cite most and that are not on this map.`
      : `No work that is not on this map is cited by two ${papers}.`;
    const items = (whole ? numbers : numbers.slice(0, FIRST)).map((number) => item(missing.works[number], topic));
    const more = () => {
      whole = !whole;
      draw();
      list.querySelector("button.plain.more")?.focus();
    };
    const button = make("button", { type: "button", class: "plain more", onclick: more }, whole ? `Only the first ${FIRST}` : `All ${numbers.length}`);
    list.replaceChildren(make("p", { class: "quiet", role: "status" }, note), make("ol", {}, ...items), ...(numbers.length > FIRST ? [button] : []));
  }

  function item({ title, about, link, rows }, topic) {
    const citing = rows.filter((row) => topic === null || source.points.nearest[row] === topic);
    const named = ADDRESS.test(link) ? make("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, title) : make("strong", {}, title);
    const show = () => change({ words: "", hits: citing, hitsNote: `${count(citing.length, "paper")} cite “${title}”` });
    const button = make("button", { type: "button", class: "plain", onclick: show }, `Cited by ${count(citing.length, "paper")}`);
    return make("li", {}, named, !about ? null : make("span", { class: "quiet" }, about), button);
  }

  watch(["topics"], draw);
}

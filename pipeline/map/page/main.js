// Starts all parts of the page.

import { count, find, make } from "./dom.js";
import { change, state, watch } from "./store.js";
import { openSource } from "./source.js";
import { groupOrder, measure, paint } from "./colours.js";
import { Grid } from "./grid.js";
import { Labels } from "./labels.js";
import { Scene, canDraw } from "./scene.js";
import { isFiltered, passing, total } from "./filters.js";
import { shortAuthors, startSearch, yearOf } from "./search.js";
import { startTopics } from "./topics.js";
import { startYears } from "./years.js";
import { startMissingWorks } from "./missing.js";
import { RELATIONS, hasCitations } from "./relations.js";
import { startDetails } from "./details.js";
import { startSelection } from "./selection.js";
import { startLegend } from "./legend.js";
import { startLasso } from "./lasso.js";
import { startKeyboard } from "./keyboard.js";
import { startAddress } from "./address.js";
import { isInCell, startCell } from "./cell.js";

const FILTERS = ["topics", "years", "hits", "group"];

function startTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => change({ theme: dark.matches ? "dark" : "light" });
  const apply = () => { document.documentElement.dataset.theme = state.theme; };
  watch(["theme"], apply);
  dark.addEventListener("change", follow);
  follow();
  apply();
}

function writeHead(meta, visible) {
  find("title").textContent = meta.title;
  const papers = count(meta.papers, "paper");
  const shown = isFiltered() ? `${total(visible).toLocaleString("en")} of ${papers} shown` : papers;
  find("counts").textContent = `${shown} · ${count(meta.topics.length, "topic")}`;
}

function writeNotes(meta) {
  const lines = ["Distances on the map can mislead: two dimensions keep most similar papers close together, but not all, and larger distances mean little. Colour by neighbourhood preservation to see where the map is reliable."];
  if (meta.left_out.length) lines.push(`To keep this file small, ${new Intl.ListFormat("en").format(meta.left_out)} are left out.`);
  if (meta.papers < meta.total) {
    lines.push(`${count(meta.papers, "paper")} of ${meta.total.toLocaleString("en")} are drawn, fewer where the map is crowded.`);
  }
  lines.push(`Made by paperatlas ${meta.version}.`);
  find("notes").replaceChildren(...lines.map((line) => make("p", {}, line)));
}

function startTooltip(source, scene) {
  const tooltip = find("tooltip");
  watch(["hover"], async () => {
    const row = state.hover;
    scene?.redraw();
    if (row === null) {
      tooltip.hidden = true;
      return;
    }
    const paper = await source.brief(row);
    if (state.hover !== row) return;
    const line = [shortAuthors(paper.authors), yearOf(source, row)].filter(Boolean).join(" · ");
    const linked = hasCitations(source) && state.paper !== null && scene.linked.includes(row);
    const note = linked ? make("span", {}, RELATIONS[scene.relation].note) : null;
    tooltip.replaceChildren(make("strong", {}, paper.title || "(no title)"), make("span", {}, line), ...(note ? [note] : []));
    tooltip.hidden = false;
    const [x, y] = scene.project(...scene.place(row));
    const left = Math.min(Math.max(x + 14, 6), scene.width - tooltip.offsetWidth - 6);
    const below = y + 14 + tooltip.offsetHeight < scene.height;
    tooltip.style.left = `${left}px`;
    tooltip.style.top = `${Math.max(below ? y + 14 : y - 14 - tooltip.offsetHeight, 6)}px`;
  });
}

function startToolbar(scene, visible) {
  const tool = (name, text, action, attributes = {}) =>
    make("button", { type: "button", "aria-label": name, title: name, onclick: action, ...attributes }, text);
  const lasso = tool("Select papers by drawing around them", "Lasso", () => change({ drawing: !state.drawing }), { "aria-pressed": "false" });
  const shown = tool("Select all papers shown", "Select shown", () => {
    const rows = [];
    visible().forEach((one, row) => one && rows.push(row));
    change({ paper: null, selection: rows });
  });
  const theme = tool("Light or dark", "◐", () => change({ theme: state.theme === "dark" ? "light" : "dark" }));
  const drawing = [
    lasso,
    tool("Zoom in", "+", () => scene.zoomBy(1)),
    tool("Zoom out", "−", () => scene.zoomBy(-1)),
    tool("Show the whole map", "Fit", () => scene.fly(scene.whole)),
  ];
  find("toolbar").append(...(scene ? [drawing[0], shown, ...drawing.slice(1)] : [shown]), theme);
  watch(["drawing"], () => lasso.setAttribute("aria-pressed", String(state.drawing)));
}

// A link may name a paper that this file does not have, or a colour by its old name.
function startMissing() {
  watch(["missing"], () => {
    if (state.missing !== null) find("search-status").textContent = `No paper here has the id ${state.missing}.`;
  });
  watch(["renamed"], () => {
    if (!state.renamed) return;
    const [old, name] = state.renamed;
    find("search-status").textContent = `"${old}" in this link is called "${name}" now; old links work in this release only.`;
  });
}

function startMore() {
  const button = find("more");
  button.addEventListener("click", () => {
    const open = find("sidebar").classList.toggle("open");
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? "Back to the map" : "Topics and years";
  });
  const narrow = matchMedia("(max-width: 760px)");
  const turn = (open) => find("sidebar").classList.contains("open") !== open && button.click();
  watch(["paper"], () => state.paper !== null && turn(false));
  watch(["hits"], () => narrow.matches && state.hits && turn(true)); // the sidebar lists them
}

async function main() {
  startTheme();
  const source = await openSource();
  const { meta, points } = source;
  const grid = new Grid(points.x, points.y);
  let visible = passing(source);
  const colours = new Uint8Array(4 * points.x.length);
  const sizes = new Float32Array(points.x.length);
  const ready = () => { document.body.dataset.ready = "true"; };
  const drawable = canDraw();
  let labels = null;
  let address = null;
  const scene = drawable
    ? new Scene(find("map"), source, grid, { moved: () => { placeLabels(); address?.moved(); }, drawn: ready, panels })
    : null;

  // Boxes in pixels of what always lies on the map.
  function panels() {
    return boxesOf(["toolbar", "legend"]);
  }

  function boxesOf(ids) {
    const stage = find("stage").getBoundingClientRect();
    return ids.map((id) => {
      const box = find(id).getBoundingClientRect();
      return { left: box.left - stage.left, right: box.right - stage.left, top: box.top - stage.top, bottom: box.bottom - stage.top };
    });
  }

  function placeLabels() {
    if (labels) labels.place(scene, visible, boxesOf(["toolbar", "legend", "panel"]));
  }

  function repaint() {
    if (!scene) return;
    paint(colours, source, { key: state.colour, visible, theme: state.theme, order: groupOrder(source) });
    measure(sizes, source, { key: state.size, visible });
    scene.draw(colours, sizes, visible);
  }

  const open = (row) => {
    change({ paper: row, hover: null, missing: null, still: false });
    if (row === null) find("map").focus();
  };

  // Once the panel is open, its paper is moved into the part of the map that stays visible.
  function opened(row) {
    if (!scene) return;
    requestAnimationFrame(() => {
      const covered = find("stage").getBoundingClientRect().bottom - find("panel").getBoundingClientRect().top;
      scene.resize();
      if (!state.still) scene.show(row, getComputedStyle(find("panel")).position === "fixed" ? covered : 0);
    });
  }

  writeHead(meta, visible);
  writeNotes(meta);
  startMissing();
  const search = startSearch(source, open);
  startTopics(source);
  startYears(source);
  startMissingWorks(source);
  startLegend(source);
  startDetails(source, { open, opened, mark: (rows, relation) => scene?.link(rows, relation) });
  startSelection(source, open);
  startToolbar(scene, () => visible);
  startMore();
  startKeyboard({ scene, grid, visible: () => visible, open, search });
  watch(FILTERS, () => { visible = passing(source); writeHead(meta, visible); repaint(); placeLabels(); });
  watch(["colour", "theme", "size"], repaint);
  if (scene) {
    labels = new Labels(source, grid);
    startTooltip(source, scene);
    startLasso(scene, (corners) => change({ paper: null, selection: grid.inside(corners, visible) }));
    scene.listen(() => visible, (row) => { if (row !== null || state.paper !== null) open(row); });
    watch(["theme"], () => labels.colour());
    watch(["selection", "paper", "colour"], () => requestAnimationFrame(placeLabels));
    new ResizeObserver(() => { labels.measure(); placeLabels(); }).observe(find("stage"));
  } else {
    find("no-webgl").textContent = "This browser cannot draw the map: it has no WebGL 2. Search, topics and the papers themselves work.";
    find("no-webgl").hidden = false;
  }
  address = startAddress(source, scene, search);
  const read = address.read();
  repaint();
  if (scene) placeLabels();
  else ready();
  await read;
  if (isInCell()) startCell();
}

main().catch((problem) => {
  find("no-webgl").textContent = `The map cannot be shown: ${problem.message}.`;
  find("no-webgl").hidden = false;
  throw problem;
});

// Labels over the map, without overlaps. Areas on the whole map; topics, the largest first, others where there is room;
// subtopics when zoomed in; titles of papers where few are in sight.

import { find, make } from "./dom.js";
import { topicColour } from "./colours.js";
import { state } from "./store.js";
import { WORLD } from "./grid.js";

const MOST_LABELS = 800;
const MOST_SHOWN = 40; // of them at once
const NARROW = 500; // pixels: on a narrower map areas alone are labelled until one zooms in
const MOST_TITLES = 30; // papers in sight that are named
const TITLE_LENGTH = 60;
const GAP = 5;
const AREAS_TO = 1; // steps of zoom from the whole map up to which areas are labelled
const SUBTOPICS_FROM = 1.6; // and from which on subtopics are

export class Labels {
  constructor(source, grid) {
    const { meta } = source;
    Object.assign(this, { meta, source, grid, titles: new Map() });
    const broad = meta.topics.length > 25 && !meta.areas.length;
    this.labels = [
      ...named(meta.areas, (area) => ({ kind: "area", colour: area.topics[0], topics: area.topics })),
      ...named(meta.topics, (topic, place) => ({
        kind: place < 10 && broad ? "broad" : "topic",
        colour: topic.id,
        topics: [topic.id],
      })),
      ...named(meta.subtopics, (subtopic) => ({ kind: "subtopic", colour: subtopic.parent, topics: [subtopic.parent] })),
    ];
    find("labels").append(...this.labels.map(({ element }) => element));
    this.measure();
  }

  measure() {
    for (const label of this.labels) {
      label.width = label.element.offsetWidth;
      label.height = label.element.offsetHeight;
    }
    this.colour();
  }

  // The colour of a topic is mixed with that of text, so that labels can be read on the background.
  colour() {
    for (const { kind, colour, element } of this.labels) {
      const hue = topicColour(this.meta, colour, state.theme);
      element.style.color = kind === "area" ? "var(--text)" : `color-mix(in srgb, ${hue} 58%, var(--text))`;
    }
  }

  // visible: (n,) papers shown; occupied: boxes {left, top, right, bottom} in pixels to keep free.
  place(scene, visible, occupied) {
    const placed = [...occupied];
    const rows = this.rowsInSight(scene, visible);
    if (scene.source.points.x.length <= MOST_TITLES) placed.push(...rows.map((row) => this.dot(scene, row)));
    this.placeTopics(scene, placed);
    this.placeTitles(scene, rows, placed);
  }

  placeTopics(scene, placed) {
    const zoom = scene.view.zoom - scene.whole.zoom;
    const areasAlone = this.meta.areas.length > 0 && scene.width < NARROW && zoom < AREAS_TO && !state.topics.size;
    let shown = 0;
    for (const label of this.labels) {
      const [x, y] = scene.project(label.x, label.y);
      const near = label.kind === "area" ? zoom < AREAS_TO : label.kind !== "subtopic" || zoom > SUBTOPICS_FROM;
      const wanted = near && shown < MOST_SHOWN && !(areasAlone && label.kind !== "area");
      const chosen = wanted && (!state.topics.size || label.topics.some((topic) => state.topics.has(topic)));
      const box = chosen ? freeBox(label, x, y - label.height / 2, scene.width, scene.height, placed) : null;
      show(label.element, box);
      if (box) placed.push(box);
      if (box) shown++;
    }
  }

  // The visible papers in sight, or none where there are too many to name.
  rowsInSight(scene, visible) {
    const [left, top] = scene.unproject(0, 0);
    const [right, bottom] = scene.unproject(scene.width, scene.height);
    const rows = [];
    this.grid.each(left, bottom, right, top, (row) => {
      const [x, y] = scene.place(row);
      const inside = x > left && x < right && y > bottom && y < top;
      if (visible[row] && inside) rows.push(row);
      return rows.length <= MOST_TITLES;
    });
    return rows.length <= MOST_TITLES ? rows.sort((a, b) => a - b) : [];
  }

  dot(scene, row) {
    const [x, y] = scene.project(...scene.place(row));
    const radius = scene.radius() + 1;
    return { left: x - radius, right: x + radius, top: y - radius, bottom: y + radius };
  }

  placeTitles(scene, rows, placed) {
    for (const [row, title] of this.titles) {
      if (!rows.includes(row)) {
        title.element.remove();
        this.titles.delete(row);
      }
    }
    for (const row of rows) {
      const title = this.titles.get(row);
      if (!title) this.addTitle(scene, row);
      if (!title?.width) continue;
      const [x, y] = scene.project(...scene.place(row));
      const box = freeBox(title, x, y + scene.radius() + 7, scene.width, scene.height, placed);
      show(title.element, box);
      if (box) placed.push(box);
    }
  }

  // The title arrives later; then all labels are placed again.
  addTitle(scene, row) {
    const title = { element: make("span", { class: "title" }), width: 0, height: 0 };
    this.titles.set(row, title);
    this.source.brief(row).then((paper) => {
      const text = paper.title.length > TITLE_LENGTH ? `${paper.title.slice(0, TITLE_LENGTH - 1).trimEnd()}…` : paper.title;
      title.element.textContent = text;
      find("labels").append(title.element);
      title.width = title.element.offsetWidth;
      title.height = title.element.offsetHeight;
      scene.moved();
    });
  }
}

// Labels of one level, its largest topics first.
function named(topics, about) {
  const largest = [...topics].sort((a, b) => b.size - a.size || a.id - b.id).slice(0, MOST_LABELS);
  return largest.map((topic, place) => {
    const kind = about(topic, place);
    const element = make("span", { class: `of-${kind.kind}` }, topic.label);
    return { ...kind, x: (topic.x / 65535) * WORLD, y: (topic.y / 65535) * WORLD, element };
  });
}

// The box of a label whose upper edge is centred at (x, y), or null where it would leave the map or overlap another.
function freeBox({ width, height }, x, y, right, bottom, placed) {
  // Where the labelled place is in sight, the label moves aside rather than leave the map.
  const sight = x >= 0 && x <= right;
  const left = sight ? Math.min(Math.max(x - width / 2, 4), Math.max(right - width - 4, 4)) : x - width / 2;
  const box = { left, right: left + width, top: y, bottom: y + height };
  const inside = box.left >= 2 && box.top >= 2 && box.right <= right - 2 && box.bottom <= bottom - 2;
  return inside && placed.every((other) => apart(box, other)) ? box : null;
}

function show(element, box) {
  element.style.visibility = box ? "visible" : "hidden";
  if (box) element.style.transform = `translate(${box.left.toFixed(1)}px, ${box.top.toFixed(1)}px)`;
}

function apart(a, b) {
  return a.right + GAP < b.left || b.right + GAP < a.left || a.bottom + GAP < b.top || b.bottom + GAP < a.top;
}

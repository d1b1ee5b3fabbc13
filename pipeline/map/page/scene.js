// The map drawn by deck.gl: the view, the points and marks on it, and where a paper is on the screen.

import { change, state } from "./store.js";
import { rgb, topicColour } from "./colours.js";
import { wholeView } from "./framing.js";
import { relationColour } from "./relations.js";
import { PointsLayer } from "./points.js";

const FLIGHT = 350; // milliseconds
const MOST_IN = 9; // steps of zoom in from the whole map
const MOST_OUT = 1.5; // and out
const MARGIN = 24; // pixels from the edge within which a paper counts as out of sight

export function canDraw() {
  return Boolean(document.createElement("canvas").getContext("webgl2"));
}

export class Scene {
  // moved: called after every move; drawn: once, after the first picture; panels: gives the boxes that lie on the map.
  constructor(element, source, grid, { moved, drawn, panels }) {
    Object.assign(this, { element, source, grid, moved, panels, linked: [], relation: "similar" });
    this.width = element.clientWidth;
    this.height = element.clientHeight;
    this.whole = wholeView(grid.positions, this, panels());
    this.view = { ...this.whole };
    this.deck = new deck.Deck({
      parent: element,
      views: [new deck.OrthographicView({ id: "map", flipY: false, controller: { keyboard: false, inertia: 200 } })],
      viewState: this.viewState(),
      layers: [],
      getCursor: ({ isDragging }) => (isDragging ? "grabbing" : state.hover === null ? "grab" : "pointer"),
      onViewStateChange: ({ viewState }) => this.look({ target: viewState.target, zoom: viewState.zoom }),
      onAfterRender: () => {
        // The map element takes the keys; deck.gl's canvas inside it is not a second tab stop.
        element.querySelector("canvas").tabIndex = -1;
        if (this.papers && drawn) requestAnimationFrame(drawn);
        if (this.papers) drawn = null;
      },
    });
    new ResizeObserver(() => this.resize()).observe(element);
  }

  viewState() {
    return { ...this.view, minZoom: this.whole.zoom - MOST_OUT, maxZoom: this.whole.zoom + MOST_IN };
  }

  resize() {
    if (!this.element.clientWidth || !this.element.clientHeight) return; // hidden for the moment
    const untouched = this.isWhole();
    this.width = this.element.clientWidth;
    this.height = this.element.clientHeight;
    this.whole = wholeView(this.grid.positions, this, this.panels());
    this.look(untouched ? { ...this.whole } : this.view);
  }

  look(view) {
    this.view = view;
    this.deck.setProps({ viewState: this.viewState(), layers: this.layers() });
    this.moved();
  }

  // Moves the view there, without animation where the user prefers reduced motion.
  fly({ target, zoom }) {
    cancelAnimationFrame(this.flight);
    this.goal = { target, zoom };
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return this.look({ target, zoom });
    const [from, start] = [this.view, performance.now()];
    const step = (now) => {
      const part = Math.min((now - start) / FLIGHT, 1);
      const eased = part * part * (3 - 2 * part);
      const between = (a, b) => a + (b - a) * eased;
      const at = [0, 1].map((axis) => between(from.target[axis], target[axis]));
      this.look({ target: [...at, 0], zoom: between(from.zoom, zoom) });
      if (part < 1) this.flight = requestAnimationFrame(step);
      else this.goal = null;
    };
    this.flight = requestAnimationFrame(step);
  }

  zoomBy(steps) {
    const from = this.goal || this.view;
    this.fly({ target: from.target, zoom: this.within(from.zoom + steps) });
  }

  within(zoom) {
    return Math.min(Math.max(zoom, this.whole.zoom - MOST_OUT), this.whole.zoom + MOST_IN);
  }

  isWhole() {
    return this.view.zoom === this.whole.zoom && [0, 1].every((axis) => this.view.target[axis] === this.whole.target[axis]);
  }

  // Brings a paper into sight; does nothing where it is already. covered: pixels at the bottom that the panel hides.
  show(row, covered = 0) {
    const [x, y] = this.place(row);
    const [px, py] = this.project(x, y);
    const bottom = this.height - covered;
    if (px > MARGIN && py > MARGIN && px < this.width - MARGIN && py < bottom - MARGIN) return;
    const zoom = Math.max(this.view.zoom, this.whole.zoom);
    this.fly({ target: [x, y - covered / 2 / 2 ** zoom, 0], zoom });
  }

  place(row) {
    return [this.grid.positions[2 * row], this.grid.positions[2 * row + 1]];
  }

  project(x, y) {
    const scale = 2 ** this.view.zoom;
    return [
      (x - this.view.target[0]) * scale + this.width / 2,
      this.height / 2 - (y - this.view.target[1]) * scale,
    ];
  }

  unproject(px, py) {
    const scale = 2 ** this.view.zoom;
    return [
      (px - this.width / 2) / scale + this.view.target[0],
      (this.height / 2 - py) / scale + this.view.target[1],
    ];
  }

  // Radius of a paper in pixels: small enough to tell papers apart, growing a little with the zoom.
  radius() {
    const room = Math.sqrt((this.width * this.height) / this.source.points.x.length);
    const base = Math.min(Math.max(0.21 * room, 1.2), 9);
    return Math.min(base * 2 ** (0.32 * (this.view.zoom - this.whole.zoom)), Math.max(base, 9));
  }

  radiusOf(row) {
    return this.radius() * (this.sizes ? this.sizes[row] : 1);
  }

  // Radius of the largest paper in pixels.
  largest() {
    return this.radius() * (this.largestSize || 1);
  }

  // colours: (n, 4) bytes; sizes: (n,); visible papers are drawn over faint ones, topics over noise.
  draw(colours, sizes, visible) {
    const { topic } = this.source.points;
    const n = topic.length;
    this.sizes = sizes;
    this.largestSize = sizes.reduce((most, size) => Math.max(most, size), 0);
    const levelOf = (row) => (visible[row] ? (topic[row] < 0 ? 1 : 2) : 0);
    const next = [0, 0, 0, 0];
    for (let row = 0; row < n; row++) next[levelOf(row) + 1]++;
    next[2] += next[1];
    const positions = new Float32Array(2 * n);
    const drawnColours = new Uint8Array(4 * n);
    const drawnSizes = new Float32Array(n);
    const [from, to] = [new Uint32Array(colours.buffer), new Uint32Array(drawnColours.buffer)];
    for (let row = 0; row < n; row++) {
      const at = next[levelOf(row)]++;
      positions[2 * at] = this.grid.positions[2 * row];
      positions[2 * at + 1] = this.grid.positions[2 * row + 1];
      to[at] = from[row];
      drawnSizes[at] = sizes[row];
    }
    this.papers = {
      length: n,
      attributes: {
        getPosition: { value: positions, size: 2 },
        getFillColor: { value: drawnColours, size: 4, normalized: true },
        getRadius: { value: drawnSizes, size: 1 },
      },
    };
    this.redraw();
  }

  redraw() {
    this.deck.setProps({ layers: this.layers() });
  }

  layers() {
    if (!this.papers) return [];
    const parameters = { depthWriteEnabled: false, depthCompare: "always" };
    const papers = new PointsLayer({ id: "papers", data: this.papers, radiusScale: this.radius(), parameters });
    return [papers, ...this.marks(parameters)];
  }

  // Lines lead from the open paper to these rows; relation: what they are to it.
  link(rows, relation) {
    Object.assign(this, { linked: rows, relation });
    this.redraw();
  }

  // Marks for the open paper, those it is linked with by lines, and the one under the pointer.
  marks(parameters) {
    const radius = Math.max(this.radius(), 3);
    const colour = [...rgb(relationColour("similar", state.theme)), 255];
    const linked = rgb(relationColour(this.relation, state.theme));
    const rings = this.linked.map((row) => ({ row, width: 1.5, radius: radius + 2, colour: [...linked, 255] }));
    if (state.paper !== null) rings.push({ row: state.paper, width: 3, radius: radius + 4 });
    if (state.hover !== null) rings.push({ row: state.hover, width: 2, radius: radius + 2 });
    if (!rings.length) return []; // so that these layers do not delay the first picture
    const lines = new deck.LineLayer({
      id: "lines",
      data: state.paper === null ? [] : this.linked,
      getSourcePosition: () => this.place(state.paper),
      getTargetPosition: (row) => this.place(row),
      getColor: [...linked, this.relation === "similar" ? 120 : 150],
      getWidth: 1.2,
      parameters,
      updateTriggers: { getSourcePosition: state.paper, getColor: [state.theme, this.relation] },
    });
    const marks = new deck.ScatterplotLayer({
      id: "marks",
      data: rings,
      getPosition: ({ row }) => this.place(row),
      getRadius: (ring) => ring.radius,
      getLineWidth: (ring) => ring.width,
      getLineColor: (ring) => ring.colour || colour,
      getFillColor: ({ row }) => [...rgb(this.fillOf(row)), 255],
      stroked: true,
      filled: true,
      radiusUnits: "pixels",
      lineWidthUnits: "pixels",
      parameters,
      updateTriggers: { getLineColor: [state.theme, this.relation], getFillColor: state.theme },
    });
    return [lines, marks];
  }

  fillOf(row) {
    return topicColour(this.source.meta, this.source.points.topic[row], state.theme);
  }

  // Follows the pointer. clicked: called with the row under a click, or null.
  listen(visible, clicked) {
    let down = null;
    const under = (event) => {
      const box = this.element.getBoundingClientRect();
      const reach = Math.max(this.radius() * 1.5, event.pointerType === "touch" ? 18 : 7) / 2 ** this.view.zoom;
      return this.grid.nearest(...this.unproject(event.clientX - box.left, event.clientY - box.top), reach, visible());
    };
    this.element.addEventListener("pointermove", (event) => {
      if (!event.buttons && event.pointerType !== "touch") change({ hover: under(event) });
    });
    this.element.addEventListener("pointerleave", () => change({ hover: null }));
    this.element.addEventListener("pointerdown", (event) => {
      down = [event.clientX, event.clientY];
    });
    this.element.addEventListener("pointerup", (event) => {
      if (down && Math.hypot(event.clientX - down[0], event.clientY - down[1]) < 5) clicked(under(event));
      down = null;
    });
  }
}

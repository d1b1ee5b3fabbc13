// Keys: / searches, Esc steps back, and on the map arrows go from paper to paper.

import { find } from "./dom.js";
import { change, state } from "./store.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export function startKeyboard({ scene, grid, visible, open, search }) {
  const { box } = search;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const writing = event.target.closest("input, select, textarea");
    if (event.key === "/" && !writing) {
      event.preventDefault();
      box.focus();
      box.select();
    } else if (event.key === "Escape") stepBack(writing);
  });

  function stepBack(writing) {
    if (state.drawing) change({ drawing: false });
    else if (writing === box && box.value) search.clear();
    else if (writing) writing.blur();
    else if (state.paper !== null) open(null);
    else if (state.selection) change({ selection: null });
    else {
      search.clear();
      change({ topics: new Set(), years: null, group: null });
    }
  }

  find("map").addEventListener("keydown", (event) => {
    if (!scene) return;
    if (event.key === "+" || event.key === "=") scene.zoomBy(1);
    else if (event.key === "-") scene.zoomBy(-1);
    else if (event.key === "0") scene.fly(scene.whole);
    else if (event.key === "Enter" && state.hover !== null) open(state.hover);
    else if (ARROWS[event.key]) step(...ARROWS[event.key]);
    else return;
    event.preventDefault();
  });

  function step(dx, dy) {
    const from = state.hover ?? state.paper;
    const next =
      from === null
        ? grid.nearest(scene.view.target[0], scene.view.target[1], 2000, visible())
        : grid.beside(from, dx, dy, visible());
    if (next === null) return;
    change({ hover: next });
    scene.show(next);
  }
}

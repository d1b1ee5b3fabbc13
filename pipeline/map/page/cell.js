// The page in a notebook's cell <-> the widget around it (widget.js): the rows selected, as numbers alone.

import { change, state, watch } from "./store.js";

export function isInCell() {
  return document.body.dataset.inCell === "true";
}

export function startCell() {
  let rows = new Int32Array(); // that the widget knows

  watch(["selection"], () => {
    const selected = Int32Array.from(state.selection || []).sort();
    if (isSame(selected, rows)) return;
    rows = selected;
    parent.postMessage({ paperatlas: "selected", rows }, "*"); // a cell's page has no origin that could be named
  });
  addEventListener("message", ({ source, data }) => {
    if (source !== parent || data?.paperatlas !== "select" || isSame(data.rows, rows)) return;
    rows = data.rows;
    change({ paper: null, selection: rows.length ? [...rows] : null });
  });
  parent.postMessage({ paperatlas: "ready" }, "*");
}

function isSame(one, other) {
  return one.length === other.length && one.every((row, place) => row === other[place]);
}

// Positions of all papers, size of the map, panels on it -> the view that shows every paper, under no panel.

import { WORLD } from "./grid.js";

const EDGE = 30; // pixels that stay free at the edges when the map moves out of the way of a panel
const CHECKED = 5000; // papers at most that are looked for under a panel
const SHRINKS = [0, 0.04, 0.08, 0.12, 0.16, 0.2, 0.25, 0.3]; // steps of zoom, for want of room
const SHIFTS = [0, -0.5, 0.5, -1, 1]; // parts of the room beside the map

// positions: x and y of each paper in world units; panels: boxes {left, top, right, bottom} in pixels.
export function wholeView(positions, { width, height }, panels) {
  const { left, right, bottom, top } = extent(positions);
  const few = positions.length < 100; // fewer than 50 papers: their titles need room at the edges
  const room = [
    Math.max(width - (few ? 220 : Math.min(80, 0.1 * width)), 50) / Math.max(right - left, 1),
    Math.max(height - (few ? 240 : 130), 50) / Math.max(top - bottom, 1),
  ];
  const fitting = Math.log2(Math.min(...room, 40));
  const middle = [(left + right) / 2, (bottom + top) / 2];
  const checked = sampled(positions);
  let [best, least] = [null, Infinity];
  for (const shrink of SHRINKS) {
    const zoom = fitting - shrink;
    const spare = [width - (right - left) * 2 ** zoom, height - (top - bottom) * 2 ** zoom];
    const free = spare.map((pixels) => Math.max(pixels / 2 - EDGE, 0) / 2 ** zoom);
    for (const across of SHIFTS) {
      for (const up of SHIFTS) {
        const view = { target: [middle[0] - across * free[0], middle[1] - up * free[1], 0], zoom };
        const covered = underPanels(checked, view, { width, height, panels });
        if (covered < least) [best, least] = [view, covered];
        if (!least) return best;
      }
    }
  }
  return best;
}

function extent(positions) {
  let [left, right, bottom, top] = [WORLD, 0, WORLD, 0];
  for (let place = 0; place < positions.length; place += 2) {
    left = Math.min(left, positions[place]);
    right = Math.max(right, positions[place]);
    bottom = Math.min(bottom, positions[place + 1]);
    top = Math.max(top, positions[place + 1]);
  }
  return { left, right, bottom, top };
}

function sampled(positions) {
  const step = Math.ceil(positions.length / 2 / CHECKED);
  return positions.filter((_, place) => (place >> 1) % step === 0);
}

// How many papers a panel would hide.
function underPanels(positions, { target, zoom }, { width, height, panels }) {
  const scale = 2 ** zoom;
  let covered = 0;
  for (let place = 0; place < positions.length; place += 2) {
    const x = (positions[place] - target[0]) * scale + width / 2;
    const y = height / 2 - (positions[place + 1] - target[1]) * scale;
    covered += panels.some((box) => x > box.left - 8 && x < box.right + 8 && y > box.top - 8 && y < box.bottom + 8) ? 1 : 0;
  }
  return covered;
}

// Papers and texts in sight -> a place for a label beside the papers that it names: on none of them, and on no other
// label. Rings of candidates around an anchor are tried from the inside out, on the grid of the papers' positions.

const GAP = 5; // pixels between two labels
const EDGE = 4; // and from the edge of the map
const CLEARANCE = 2; // and from a paper that the label names
const DIRECTIONS = 24;
const STEP = 7; // pixels from ring to ring
const REACH = 230; // pixels from the anchor to the farthest ring
const LONGEST = 80; // pixels of a leader, the line from a label to its papers
const SHORTEST = 15; // a label nearer to its papers has none
const INTO = 8; // pixels that a leader goes on among them
const MOST_UNDER = 8; // pixels: sum of the radii of others' papers that a label may lie on, a fifth of those of noise
const UNDER_COSTS = 6; // pixels that a label would rather go for each of these
const MOVE_COSTS = 0.3; // pixels for each that a label jumps
const DENSE = 3; // papers near each other at which a leader ends
const CELL = 26; // pixels of the grid on which the densest part is sought

export class Sight {
  // visible: (n,) papers shown; occupied: boxes {left, top, right, bottom} in pixels to keep free.
  constructor(scene, grid, { visible, occupied }) {
    const { topic } = scene.source.points;
    Object.assign(this, { scene, grid, visible, topic, boxes: [...occupied], leaders: [] });
    this.largest = scene.largest();
  }

  // Everything that comes after keeps free of this place.
  take({ box, leader }) {
    this.boxes.push(box);
    if (leader) this.leaders.push(leader);
  }

  // The place of a label {width, height} of papers `owns(row)` nearest to its anchor {x, y}, in world units; or null.
  // from: {dx, dy}, where it was before; most: of others that it may cover, as MOST_UNDER.
  near(label, anchor, { from = null, most = MOST_UNDER } = {}) {
    const [x, y] = this.scene.project(anchor.x, anchor.y);
    let best = null;
    let least = Infinity;
    for (let away = this.scene.radius() + CLEARANCE + 1; away < Math.min(REACH, least); away += STEP) {
      for (let direction = 0; direction < DIRECTIONS; direction++) {
        const angle = (2 * Math.PI * direction) / DIRECTIONS;
        const at = { dx: Math.cos(angle) * (label.width / 2 + away), dy: Math.sin(angle) * (label.height / 2 + away) };
        const moved = from ? Math.min(MOVE_COSTS * Math.hypot(at.dx - from.dx, at.dy - from.dy), 40) : 0;
        if (away + moved >= least) continue;
        const place = this.at(label, [x, y], at, most);
        const cost = place ? away + moved + UNDER_COSTS * place.under : Infinity;
        if (cost < least) [best, least] = [place, cost];
      }
    }
    return best;
  }

  // The label with its middle so many pixels from its anchor, {box, leader, under, dx, dy}; null where that is not free.
  // A label that is there already may stay where rounding alone lets it touch something.
  at(label, [x, y], { dx, dy }, most = MOST_UNDER, slack = 0) {
    const [left, top] = [x + dx - label.width / 2, y + dy - label.height / 2];
    const box = { left, top, right: left + label.width, bottom: top + label.height };
    if (!this.isFree(box, slack)) return null;
    const under = this.under(box, label.owns, most, slack);
    if (under > most) return null;
    const leader = this.leader(box, label, x, y);
    if (leader && (leader.length > LONGEST + slack || this.isCrossed(leader))) return null;
    return { box, leader: leader && leader.length > SHORTEST ? leader : null, under, dx, dy };
  }

  isFree(box, slack) {
    const { width, height } = this.scene;
    const edge = EDGE - slack;
    if (box.left < edge || box.top < edge || box.right > width - edge || box.bottom > height - edge) return false;
    return this.boxes.every((other) => apart(box, other, GAP - slack)) && !this.leaders.some((line) => meets(line, box));
  }

  isCrossed(leader) {
    return this.boxes.some((box) => meets(leader, box)) || this.leaders.some((other) => cross(leader, other));
  }

  // Sum of the radii of others' papers that the box covers; Infinity where it covers one of its own, or more than `most`.
  under(box, owns, most, slack) {
    let count = 0;
    this.each(box, this.largest + CLEARANCE, (row, across, down, radius) => {
      const near = Math.hypot(across, down);
      const own = owns(row);
      if (near >= radius + (own ? CLEARANCE - slack : 0)) return true;
      count += own ? Infinity : this.topic[row] < 0 ? 0.2 * radius : radius;
      return count <= most;
    });
    return count <= most ? count : Infinity;
  }

  // Calls `visit` with the visible papers near a box, how far each is from it across and down, and its radius.
  each(box, reach, visit) {
    const { scene, grid, visible } = this;
    const [left, top] = scene.unproject(box.left - reach, box.top - reach);
    const [right, bottom] = scene.unproject(box.right + reach, box.bottom + reach);
    grid.each(left, bottom, right, top, (row) => {
      if (!visible[row]) return true;
      const [x, y] = scene.project(grid.positions[2 * row], grid.positions[2 * row + 1]);
      const across = Math.max(box.left - x, x - box.right, 0);
      const down = Math.max(box.top - y, y - box.bottom, 0);
      return across > reach || down > reach ? true : visit(row, across, down, scene.radiusOf(row));
    });
  }

  // The line from the box towards its anchor, up to the first few papers that the label names.
  leader(box, { owns, rows }, x, y) {
    const from = [Math.min(Math.max(x, box.left), box.right), Math.min(Math.max(y, box.top), box.bottom)];
    const whole = Math.hypot(x - from[0], y - from[1]);
    const met = this.scene.radius() + 10;
    const enough = Math.min(DENSE, rows.length);
    const along = (length) => [0, 1].map((axis) => from[axis] + ((axis ? y : x) - from[axis]) * (length / whole));
    for (let length = 0; length < Math.min(whole, LONGEST); length += 4) {
      const at = along(length);
      let own = 0;
      this.each({ left: at[0], right: at[0], top: at[1], bottom: at[1] }, met, (row) => {
        own += owns(row) ? 1 : 0;
        return own < enough;
      });
      if (own >= enough) return { from, to: along(Math.min(length + INTO, whole)), length };
    }
    return { from, to: [x, y], length: whole };
  }

  // Of some rows those in sight, {count, anchor}: the paper in the middle of where they are densest, null for none.
  // scale: how much coarser the densest part is sought than for a topic.
  densest(rows, scale = 1) {
    const { scene, grid, visible } = this;
    const side = scale * CELL;
    const columns = Math.ceil(scene.width / side) + 2;
    const cells = new Map();
    let count = 0;
    for (const row of rows) {
      if (!visible[row]) continue;
      const [x, y] = scene.project(grid.positions[2 * row], grid.positions[2 * row + 1]);
      if (x < 0 || y < 0 || x > scene.width || y > scene.height) continue;
      count++;
      const cell = (Math.floor(y / side) + 1) * columns + Math.floor(x / side) + 1;
      if (!cells.has(cell)) cells.set(cell, []);
      cells.get(cell).push(row);
    }
    return { count, anchor: count ? middleOf(fullest(cells, columns), grid.positions) : null };
  }
}

// The rows in the cell whose neighbourhood holds most, with those around it.
function fullest(cells, columns) {
  const around = [-columns - 1, -columns, -columns + 1, -1, 0, 1, columns - 1, columns, columns + 1];
  let [best, most] = [null, 0];
  for (const [cell, own] of cells) {
    const number = own.length + around.reduce((sum, step) => sum + (cells.get(cell + step)?.length || 0), 0);
    if (number > most || (number === most && cell < best)) [best, most] = [cell, number];
  }
  return around.flatMap((step) => cells.get(best + step) || []);
}

// The place of the row nearest to the mean of all.
function middleOf(rows, positions) {
  const mean = [0, 1].map((axis) => rows.reduce((sum, row) => sum + positions[2 * row + axis], 0) / rows.length);
  const distance = (row) => Math.hypot(positions[2 * row] - mean[0], positions[2 * row + 1] - mean[1]);
  const nearest = rows.reduce((best, row) => (distance(row) < distance(best) ? row : best));
  return { x: positions[2 * nearest], y: positions[2 * nearest + 1] };
}

function apart(a, b, gap) {
  return a.right + gap < b.left || b.right + gap < a.left || a.bottom + gap < b.top || b.bottom + gap < a.top;
}

// Whether a line {from, to} comes within a box.
function meets({ from, to }, box) {
  let [first, last] = [0, 1];
  for (const [axis, low, high] of [[0, box.left, box.right], [1, box.top, box.bottom]]) {
    const step = to[axis] - from[axis];
    if (!step && (from[axis] < low || from[axis] > high)) return false;
    if (!step) continue;
    const ends = [(low - from[axis]) / step, (high - from[axis]) / step].sort((a, b) => a - b);
    [first, last] = [Math.max(first, ends[0]), Math.min(last, ends[1])];
  }
  return first <= last;
}

function cross(a, b) {
  const side = ([ax, ay], [bx, by], [cx, cy]) => Math.sign((bx - ax) * (cy - ay) - (by - ay) * (cx - ax));
  return side(a.from, a.to, b.from) !== side(a.from, a.to, b.to) && side(b.from, b.to, a.from) !== side(b.from, b.to, a.to);
}

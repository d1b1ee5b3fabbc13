// Points -> a grid that finds the nearest point, the next one in a direction, and those inside a polygon.

const CELLS = 128;
export const WORLD = 1000; // the map is so many units wide at zoom 0

export class Grid {
  // x, y: whole numbers from 0 to 65,535.
  constructor(x, y) {
    const n = x.length;
    this.positions = new Float32Array(2 * n);
    const cellOf = new Uint16Array(n);
    this.starts = new Uint32Array(CELLS * CELLS + 1);
    for (let row = 0; row < n; row++) {
      this.positions[2 * row] = (x[row] / 65535) * WORLD;
      this.positions[2 * row + 1] = (y[row] / 65535) * WORLD;
      cellOf[row] = (x[row] >> 9) * CELLS + (y[row] >> 9);
      this.starts[cellOf[row] + 1]++;
    }
    for (let cell = 0; cell < CELLS * CELLS; cell++) this.starts[cell + 1] += this.starts[cell];
    const next = this.starts.slice();
    this.rows = new Uint32Array(n);
    for (let row = 0; row < n; row++) this.rows[next[cellOf[row]]++] = row;
  }

  // Calls `visit` with every row in a box, in world units, until it returns false.
  each(left, bottom, right, top, visit) {
    const cell = (value) => Math.min(Math.max(Math.floor((value / WORLD) * CELLS), 0), CELLS - 1);
    for (let column = cell(left); column <= cell(right); column++) {
      for (let line = cell(bottom); line <= cell(top); line++) {
        const at = column * CELLS + line;
        for (let place = this.starts[at]; place < this.starts[at + 1]; place++) {
          if (visit(this.rows[place]) === false) return;
        }
      }
    }
  }

  // The nearest visible row within a radius, or null.
  nearest(x, y, radius, visible) {
    let [best, least] = [null, radius * radius];
    this.each(x - radius, y - radius, x + radius, y + radius, (row) => {
      const distance = (this.positions[2 * row] - x) ** 2 + (this.positions[2 * row + 1] - y) ** 2;
      if (distance <= least && visible[row]) [best, least] = [row, distance];
    });
    return best;
  }

  // The nearest visible row in a direction, dx and dy each -1, 0 or 1; distance across the direction counts three times.
  beside(row, dx, dy, visible) {
    const [x, y] = [this.positions[2 * row], this.positions[2 * row + 1]];
    let [best, least] = [null, Infinity];
    for (let other = 0; other < visible.length; other++) {
      const ahead = (this.positions[2 * other] - x) * dx + (this.positions[2 * other + 1] - y) * dy;
      if (!visible[other] || ahead <= 0) continue;
      const aside = Math.abs((this.positions[2 * other] - x) * dy) + Math.abs((this.positions[2 * other + 1] - y) * dx);
      if (aside > 2 * ahead) continue;
      const cost = ahead + 3 * aside;
      if (cost < least) [best, least] = [other, cost];
    }
    return best;
  }

  // Visible rows inside a polygon of [x, y] corners, by the number of edges that a ray to the right crosses.
  inside(corners, visible) {
    const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
    const rows = [];
    this.each(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys), (row) => {
      if (!visible[row]) return;
      const [x, y] = [this.positions[2 * row], this.positions[2 * row + 1]];
      let within = false;
      for (let at = 0, before = corners.length - 1; at < corners.length; before = at++) {
        if (ys[at] > y !== ys[before] > y) {
          const crossing = xs[at] + ((y - ys[at]) / (ys[before] - ys[at])) * (xs[before] - xs[at]);
          if (x < crossing) within = !within;
        }
      }
      if (within) rows.push(row);
    });
    return rows.sort((a, b) => a - b);
  }
}

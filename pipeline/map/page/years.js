// A histogram of the years that filters: drag over it, or type the first and last year.

import { find, make, makeSvg } from "./dom.js";
import { passing } from "./filters.js";
import { change, state, watch } from "./store.js";

const HEIGHT = 64;
const WIDTH = 280;

export function startYears(source) {
  const { year } = source.points;
  const years = year.filter((one) => one > -32768).sort();
  if (!years.length || years[0] === years[years.length - 1]) return;
  // The first bar also counts the few oldest papers, so that they do not press all others together.
  const last = years[years.length - 1];
  const first = Math.max(years[0], Math.min(years[Math.floor(years.length / 200)], last - 1), last - 120);
  const bars = last - first + 1;
  const section = find("years");
  section.hidden = false;
  const svg = makeSvg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  const ends = ["From", "To"].map((name) =>
    make("input", { type: "number", "aria-label": `${name} year`, min: years[0], max: last, onchange: typed }),
  );
  const clear = make("button", { type: "button", class: "plain", onclick: () => change({ years: null }) }, "All years");
  section.append(
    make("div", { class: "head" }, make("h2", {}, "Years"), clear),
    svg,
    make("div", { class: "ends" }, ends[0], make("span", {}, "to"), ends[1]),
  );

  function typed() {
    const [from, to] = ends.map((end) => parseInt(end.value, 10));
    const within = (year, otherwise) => (Number.isFinite(year) ? Math.min(Math.max(year, years[0]), last) : otherwise);
    const range = [within(from, years[0]), within(to, last)].sort((a, b) => a - b);
    change({ years: range[0] <= years[0] && range[1] >= last ? null : range });
    draw(); // typed years may have been corrected
  }

  function heights(visible) {
    const counts = new Float64Array(bars);
    for (let row = 0; row < year.length; row++) {
      if (visible[row] && year[row] > -32768) counts[Math.max(year[row], first) - first]++;
    }
    return counts;
  }

  const all = heights(new Uint8Array(year.length).fill(1));
  const tallest = Math.max(...all);

  function draw() {
    const shown = heights(passing(source, "years"));
    const [from, to] = state.years || [years[0], last];
    const step = WIDTH / bars;
    const bar = (place, number, fill) => {
      const height = number ? Math.max((number / tallest) * (HEIGHT - 4), 1.5) : 0;
      return makeSvg("rect", { x: place * step + 0.5, width: Math.max(step - 1, 0.8), y: HEIGHT - height, height, fill });
    };
    const background = [...all].map((number, place) => bar(place, number, "var(--line)"));
    const foreground = [...shown].map((number, place) => {
      const inside = first + place >= from && first + place <= to;
      return bar(place, number, inside ? "var(--accent)" : "var(--quiet)");
    });
    svg.replaceChildren(...background, ...foreground);
    ends[0].value = from;
    ends[1].value = to;
    clear.hidden = !state.years;
  }

  let start = null;
  const yearAt = (event) => {
    const box = svg.getBoundingClientRect();
    const place = Math.floor(((event.clientX - box.left) / box.width) * bars);
    return first + Math.min(Math.max(place, 0), bars - 1);
  };
  const brush = (event) => {
    const [from, to] = [start, yearAt(event)].sort((a, b) => a - b);
    change({ years: [from === first ? years[0] : from, to] });
  };
  svg.addEventListener("pointerdown", (event) => {
    svg.setPointerCapture(event.pointerId);
    start = yearAt(event);
    brush(event);
  });
  svg.addEventListener("pointermove", (event) => start !== null && brush(event));
  svg.addEventListener("pointerup", () => { start = null; });
  watch(["topics", "years", "hits", "group"], draw);
  draw();
}

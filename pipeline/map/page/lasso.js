// A lasso drawn around papers selects them.

import { find, makeSvg } from "./dom.js";
import { change, state, watch } from "./store.js";

export function startLasso(scene, select) {
  const svg = find("drawing");
  let corners = null;
  const path = makeSvg("path");
  svg.append(path);

  const corner = (event) => {
    const box = svg.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  svg.addEventListener("pointerdown", (event) => {
    svg.setPointerCapture(event.pointerId);
    corners = [corner(event)];
  });
  svg.addEventListener("pointermove", (event) => {
    if (!corners) return;
    corners.push(corner(event));
    path.setAttribute("d", `M${corners.map((at) => at.map((value) => value.toFixed(1)).join(" ")).join("L")}Z`);
  });
  svg.addEventListener("pointerup", () => {
    if (corners && corners.length > 2) select(corners.map(([x, y]) => scene.unproject(x, y)));
    stop();
  });

  function stop() {
    corners = null;
    path.removeAttribute("d");
    change({ drawing: false });
  }

  svg.addEventListener("pointercancel", stop);
  watch(["drawing"], () => {
    svg.classList.toggle("active", state.drawing);
    if (!state.drawing && corners) stop();
  });
  return { stop };
}

// The map in a notebook's cell, as anywidget starts it: the page in a frame that can reach nothing but this script.

const ALLOWED = "allow-scripts allow-downloads allow-popups allow-popups-to-escape-sandbox";

function rowsOf(model) {
  const bytes = model.get("_rows"); // a DataView from Python and from here
  if (!bytes?.byteLength) return new Int32Array();
  return new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

function render({ model, el }) {
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", ALLOWED);
  frame.title = `Map of the papers: ${model.get("_title")}`;
  frame.style.cssText = "display: block; width: 100%; border: 0;";
  frame.srcdoc = new TextDecoder().decode(model.get("_page"));
  let isReady = false;

  const resize = () => { frame.style.height = `${model.get("height")}px`; };
  const send = () => isReady && frame.contentWindow.postMessage({ paperatlas: "select", rows: rowsOf(model) }, "*");
  const receive = ({ source, data }) => {
    if (source !== frame.contentWindow) return;
    if (data?.paperatlas === "ready") {
      isReady = true;
      send();
    } else if (data?.paperatlas === "selected" && data.rows instanceof Int32Array) {
      model.set("_rows", new DataView(data.rows.buffer));
      model.save_changes();
    }
  };

  resize();
  model.on("change:height", resize);
  model.on("change:_rows", send);
  addEventListener("message", receive);
  el.append(frame);
  return () => {
    removeEventListener("message", receive);
    model.off("change:height", resize);
    model.off("change:_rows", send);
  };
}

export default { render };

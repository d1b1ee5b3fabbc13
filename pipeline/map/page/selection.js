// The selected papers as a table that can be copied or saved.

import { count, find, make } from "./dom.js";
import { yearOf } from "./search.js";
import { change, state, watch } from "./store.js";

const LISTED = 200;
const MOST_LIKED = 100;
const COLUMNS = ["id", "title", "authors", "year", "topic", "label", "strength"];
const FORMULA = /^[=+\-@\t\r]/;

export function startSelection(source, open) {
  const panel = find("panel");

  async function draw() {
    if (state.paper !== null) return;
    if (!state.selection) {
      panel.hidden = true;
      return;
    }
    const rows = state.selection;
    const briefs = await source.briefs(rows.slice(0, LISTED));
    if (rows !== state.selection || state.paper !== null) return;
    const close = make("button", { type: "button", "aria-label": "Close", onclick: () => change({ selection: null }) }, "✕");
    const title = make("h2", { class: "title", tabindex: "-1" }, `${count(rows.length, "paper")} selected`);
    panel.replaceChildren(make("div", { class: "top" }, title, close), ...(rows.length ? table(rows, briefs) : []));
    panel.hidden = false;
    panel.scrollTop = 0;
  }

  function table(rows, briefs) {
    const cells = briefs.map((paper, place) => {
      const row = rows[place];
      const link = make("button", { type: "button", onclick: () => open(row) }, paper.title || "(no title)");
      return make("tr", {}, make("td", {}, link), make("td", {}, yearOf(source, row)), make("td", {}, labelOf(row)));
    });
    const heads = ["Title", "Year", "Topic"].map((name) => make("th", { scope: "col" }, name));
    const note = make("p", { class: "quiet", role: "status" }, rows.length > LISTED ? `The first ${LISTED} are listed; the files hold all.` : "");
    const tried = (made) => Promise.resolve(made(note)).catch((problem) => {
      note.textContent = `That did not work: ${problem.message}.`;
    });
    const saver = (name, made) => make("button", { type: "button", onclick: () => tried(made) }, name);
    const served = source.served
      ? ["bibtex", "ris"].map((form) => saver(`Save ${form === "ris" ? "RIS" : "BibTeX"}`, () => fetchReferences(form)))
      : [];
    const alike = source.served && rows.length <= MOST_LIKED ? [saver("Papers like these", () => like(rows))] : [];
    return [
      make(
        "div",
        { class: "row" },
        ...alike,
        saver("Copy", copy),
        saver("Save CSV", async () => save("selection.csv", "text/csv", csv(await records()))),
        saver("Save JSONL", async () => save("selection.jsonl", "application/jsonl", jsonl(await records()))),
        ...served,
      ),
      note,
      make("table", {}, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...cells)),
    ];
  }

  function labelOf(row) {
    const topic = source.points.topic[row];
    return topic < 0 ? "Between topics" : source.meta.topicOf[topic].label;
  }

  async function records() {
    const briefs = await source.briefs(state.selection);
    return state.selection.map((row, place) => ({
      id: briefs[place].id,
      title: briefs[place].title,
      authors: briefs[place].authors.join("; "),
      year: source.points.year[row] === -32768 ? null : source.points.year[row],
      topic: source.points.topic[row],
      label: labelOf(row),
      strength: Number((source.points.strength[row] / 255).toFixed(2)),
    }));
  }

  async function like(liked) {
    const { rows } = await source.like({ rows: liked });
    change({ words: "", hits: rows, found: `The ${count(rows.length, "paper")} most like the ${liked.length} selected` });
  }

  async function copy(note) {
    const text = (await records()).map((record) => COLUMNS.map((name) => String(record[name] ?? "").replace(/\s+/g, " ")).join("\t"));
    try {
      await navigator.clipboard.writeText([COLUMNS.join("\t"), ...text].join("\n"));
      note.textContent = "Copied, with tabs between the columns.";
    } catch {
      note.textContent = "The browser does not let this page copy; save the table instead.";
    }
  }

  async function fetchReferences(form) {
    const ids = (await records()).map(({ id }) => id);
    save(`selection.${form === "ris" ? "ris" : "bib"}`, "text/plain", await source.references(form, ids));
  }

  watch(["selection", "paper"], draw);
}

// Rows as CSV, with the mark by which spreadsheets know UTF-8; a cell that a spreadsheet would take for a formula gets a quote before it.
export function csv(records) {
  const cell = (value) => {
    const text = value === null ? "" : typeof value === "string" && FORMULA.test(value) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [COLUMNS, ...records.map((record) => COLUMNS.map((name) => record[name]))]
    .map((cells) => `${cells.map(cell).join(",")}\r\n`);
  return `\ufeff${lines.join("")}`;
}

export function jsonl(records) {
  return records.map((record) => `${JSON.stringify(record)}\n`).join("");
}

function save(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

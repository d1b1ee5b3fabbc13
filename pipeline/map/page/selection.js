// The selected papers as a table to copy or save.

import { count, find, make } from "./dom.js";
import { yearOf } from "./search.js";
import { change, state, watch } from "./store.js";
import { asOne, othersNote } from "./versions.js";

const LISTED = 200;
const MOST_LIKE = 100; // papers whose common similar papers can be asked for
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
    const entries = asOne(source, rows);
    const briefs = await source.briefs(entries.slice(0, LISTED).map(({ row }) => row));
    if (rows !== state.selection || state.paper !== null) return;
    const close = make("button", { type: "button", "aria-label": "Close", onclick: () => change({ selection: null }) }, "✕");
    const title = make("h2", { class: "title", tabindex: "-1" }, `${count(rows.length, "paper")} selected`);
    panel.replaceChildren(make("div", { class: "top" }, title, close), ...(rows.length ? table(rows, entries, briefs) : []));
    panel.hidden = false;
    panel.scrollTop = 0;
  }

  function table(rows, entries, briefs) {
    const cells = briefs.map((paper, place) => {
      const { row, others } = entries[place];
      const link = make("button", { type: "button", onclick: () => open(row) }, paper.title || "(no title)");
      const more = others ? make("span", { class: "quiet" }, ` ${othersNote(others)}`) : null;
      return make("tr", {}, make("td", {}, link, more), make("td", {}, yearOf(source, row)), make("td", {}, labelOf(row)));
    });
    const heads = ["Title", "Year", "Topic"].map((name) => make("th", { scope: "col" }, name));
    const note = make("p", { class: "quiet", role: "status" }, entries.length > LISTED ? `The first ${LISTED} are listed; the files hold all.` : "");
    const attempt = (action) => Promise.resolve(action(note)).catch((problem) => {
      note.textContent = `This failed: ${problem.message}.`;
    });
    const saver = (name, action) => make("button", { type: "button", onclick: () => attempt(action) }, name);
    const served = source.served
      ? ["bibtex", "ris"].map((form) => saver(`Save ${form === "ris" ? "RIS" : "BibTeX"}`, () => fetchReferences(form)))
      : [];
    const likeThese = source.served && rows.length <= MOST_LIKE ? [saver("Papers like these", () => like(rows))] : [];
    return [
      make(
        "div",
        { class: "row" },
        ...likeThese,
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
    change({ words: "", hits: rows, hitsNote: `The ${count(rows.length, "paper")} most like the ${liked.length} selected` });
  }

  async function copy(note) {
    const text = (await records()).map((record) => COLUMNS.map((name) => String(record[name] ?? "").replace(/\s+/g, " ")).join("\t"));
    try {
      await navigator.clipboard.writeText([COLUMNS.join("\t"), ...text].join("\n"));
      note.textContent = "Copied as tab-separated text.";
    } catch {
      note.textContent = "The browser does not allow this page to copy; save the table instead.";
    }
  }

  async function fetchReferences(form) {
    const ids = (await records()).map(({ id }) => id);
    save(`selection.${form === "ris" ? "ris" : "bib"}`, "text/plain", await source.references(form, ids));
  }

  watch(["selection", "paper"], draw);
}

// Rows as CSV with a byte order mark, so that spreadsheets read UTF-8; a quote precedes cells that they would take for formulas.
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

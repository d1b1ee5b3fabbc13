// Where papers come from: the blocks of this file, or the server that sent the page. Both have the same methods.

const ARRAYS = { uint8: Uint8Array, uint16: Uint16Array, int16: Int16Array, int32: Int32Array, float32: Float32Array, float64: Float64Array };

export async function openSource() {
  const api = document.body.dataset.api;
  return api ? ServedSource.open(api) : FileSource.open();
}

function arraysOf(buffer, layout) {
  return Object.fromEntries(
    layout.map(({ name, type, offset, length }) => [name, new ARRAYS[type](buffer, offset, length)]),
  );
}

function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let place = 0; place < text.length; place++) bytes[place] = text.charCodeAt(place);
  return bytes;
}

// A block of the page unpacked, or null where it has none; the packed text is removed from the page.
async function blockOf(name) {
  const element = document.getElementById(`block-${name}`);
  if (!element) return null;
  const packed = new Blob([bytesOf(element.textContent)]);
  element.remove();
  return new Response(packed.stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

async function jsonOf(name) {
  const block = await blockOf(name);
  return block && JSON.parse(new TextDecoder().decode(block));
}

// The meta with its topics by id too; ids may have gaps.
function withTopicOf(meta) {
  return { ...meta, topicOf: Object.fromEntries(meta.topics.map((topic) => [topic.id, topic])) };
}

// Citations from both ends: the rows that cite row i are citing[starts[i]] to citing[starts[i + 1]], increasing.
function withCiting({ offsets, rows }) {
  const starts = new Int32Array(offsets.length);
  for (const row of rows) starts[row + 1]++;
  for (let row = 1; row < starts.length; row++) starts[row] += starts[row - 1];
  const next = starts.slice();
  const citing = new Int32Array(rows.length);
  for (let row = 0; row + 1 < offsets.length; row++) {
    for (let place = offsets[row]; place < offsets[row + 1]; place++) citing[next[rows[place]]++] = row;
  }
  return { offsets, rows, starts, citing };
}

// The works that a paper and each one similar to it both cite, or null where they are left out of the file.
async function sharedWorks(meta) {
  const block = await blockOf("shared");
  return block && { ...arraysOf(block, meta.shared), names: await jsonOf("works") };
}

// Those of one pair: names of the first, and how many there are.
function referencesOf({ works, counts, names }, place) {
  const width = works.length / counts.length;
  const listed = [...works.subarray(place * width, (place + 1) * width)].filter((work) => work >= 0);
  return { shared: listed.map((work) => names[work]), count: counts[place] };
}

class FileSource {
  static async open() {
    const source = new FileSource();
    source.served = false;
    source.meta = withTopicOf(await jsonOf("meta"));
    source.points = arraysOf(await blockOf("points"), source.meta.points);
    // Texts are unpacked after the first picture, which does not need them.
    source.texts = new Promise((done) => setTimeout(done, 30)).then(() => jsonOf("texts"));
    source.abstracts = source.texts.then(() => jsonOf("abstracts"));
    source.lists = source.abstracts.then(async () => {
      const block = await blockOf("similar");
      return block && { ...arraysOf(block, source.meta.similar), words: await jsonOf("words"), shared: await sharedWorks(source.meta) };
    });
    source.citing = source.lists.then(async () => {
      const block = await blockOf("citations");
      return block && withCiting(arraysOf(block, source.meta.citations));
    });
    return source;
  }

  async brief(row) {
    const texts = await this.texts;
    return { id: texts.id[row], title: texts.title[row], authors: texts.authors[row] };
  }

  async briefs(rows) {
    await this.texts;
    return Promise.all([...rows].map((row) => this.brief(row)));
  }

  async full(row) {
    const [texts, abstracts, brief] = [await this.texts, await this.abstracts, await this.brief(row)];
    return { ...brief, abstract: abstracts ? abstracts[row] : null, links: texts.links[row] };
  }

  // Papers similar to a paper, or null where they are left out of the file.
  async similar(row) {
    const lists = await this.lists;
    if (!lists) return null;
    const { similar_k: k, similar_terms: width } = this.meta;
    const similar = [];
    for (let place = row * k; place < (row + 1) * k && lists.rows[place] >= 0; place++) {
      const terms = [...lists.terms.subarray(place * width, (place + 1) * width)].filter((term) => term >= 0);
      similar.push({
        row: lists.rows[place],
        similarity: lists.similarities[place] / 10000,
        terms: terms.map((term) => lists.words[term]),
        references: lists.shared && referencesOf(lists.shared, place),
        ...(await this.brief(lists.rows[place])),
      });
    }
    return similar;
  }

  // Rows of the papers that a paper cites, and of those that cite it; null where they are left out of the file.
  async citations(row) {
    const lists = await this.citing;
    if (!lists) return null;
    const { offsets, rows, starts, citing } = lists;
    return { cites: [...rows.subarray(offsets[row], offsets[row + 1])], cited: [...citing.subarray(starts[row], starts[row + 1])] };
  }

  // The works cited most that are not here, or null where there are none.
  async missing() {
    await this.citing;
    return jsonOf("missing");
  }

  async row(id) {
    const place = (await this.texts).id.indexOf(id);
    return place < 0 ? null : place;
  }

  // Rows whose title, authors, id or abstract contain every word; those with more of the words in the title first.
  async search(words) {
    const parts = folded(words).split(/\s+/).filter(Boolean);
    const index = await this.index();
    const matches = [];
    for (let row = 0; row < index.titles.length; row++) {
      let inTitle = 0;
      let whole = true;
      for (const word of parts) {
        if (index.titles[row].includes(word)) inTitle++;
        else if (!index.rest[row].includes(word)) {
          whole = false;
          break;
        }
      }
      if (whole) matches.push([row, inTitle]);
    }
    return matches.sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([row]) => row);
  }

  async index() {
    if (!this.folded) {
      const [texts, abstracts] = [await this.texts, await this.abstracts];
      this.folded = {
        titles: texts.title.map(folded),
        rest: texts.authors.map((authors, row) => folded(`${authors.join(", ")}\n${texts.id[row]}\n${abstracts ? abstracts[row] : ""}`)),
      };
    }
    return this.folded;
  }
}

// Lower case, without accents, so that "schrodinger" finds "Schrödinger".
export function folded(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

class ServedSource {
  static async open(api) {
    const source = new ServedSource();
    source.served = true;
    source.api = api;
    source.cache = new Map();
    source.meta = withTopicOf(await (await source.ask("/map/meta")).json());
    source.points = arraysOf(await (await source.ask("/map/points")).arrayBuffer(), source.meta.points);
    return source;
  }

  async ask(path) {
    const answer = await fetch(this.api + path);
    if (!answer.ok) {
      const problem = await answer.json().catch(() => ({}));
      throw new Error(problem.detail || `the server answered ${answer.status}`);
    }
    return answer;
  }

  async briefs(rows) {
    const missing = [...rows].filter((row) => !this.cache.has(row));
    for (let start = 0; start < missing.length; start += 500) {
      const part = missing.slice(start, start + 500);
      const { papers } = await (await this.ask(`/map/briefs?rows=${part.join(",")}`)).json();
      part.forEach((row, place) => this.cache.set(row, papers[place]));
    }
    return [...rows].map((row) => this.cache.get(row));
  }

  async brief(row) {
    return (await this.briefs([row]))[0];
  }

  async full(row) {
    return (await this.ask(`/map/papers/${row}`)).json();
  }

  async similar(row) {
    const { results } = await (await this.ask(`/map/papers/${row}/similar`)).json();
    return results.map((paper) => ({ ...paper, ...reasonsOf(paper) }));
  }

  async citations(row) {
    const { cites, cited_by: cited } = await (await this.ask(`/map/papers/${row}/citations`)).json();
    return { cites, cited };
  }

  async missing() {
    return (await this.ask("/map/missing")).json();
  }

  // Rows of the papers most similar to a text, or to several papers at once, best first. request: {text} or {rows}.
  async like(request) {
    return (await this.post("/map/like", request)).json();
  }

  async post(path, body) {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(this.api + path, { method: "POST", headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error((await answer.json()).detail);
    return answer;
  }

  // References of some papers in "bibtex" or "ris".
  async references(form, ids) {
    return (await this.post("/references", { format: form, ids })).text();
  }

  async row(id) {
    try {
      return (await (await this.ask(`/map/row?id=${encodeURIComponent(id)}`)).json()).row;
    } catch {
      return null;
    }
  }

  async search(words) {
    return (await (await this.ask(`/map/search?q=${encodeURIComponent(words)}`)).json()).rows;
  }
}

// What a served list says of one similar paper.
function reasonsOf({ reasons }) {
  return { terms: reasons.shared_terms, sentences: reasons.sentences, references: reasons.references };
}

// Indexes of words, of the same shape as those of vectors: they are given titles and abstracts, and asked in text.

const FIELDS = ["title", "abstract"];

async function ours(data) {
  // Built in one module and opened in another: a page has the memory of the second one alone.
  const builder = await import("/ours/engine.js?builder");
  await builder.default();
  const opener = await import("/ours/engine.js?opener");
  const { memory } = await opener.default();
  const papers = await data.bytes("papers.bin");
  let table, chunks, index;
  return {
    build: () => {
      const growing = new builder.WordsBuilder();
      data.texts.forEach(({ title, abstract }) => growing.push(title, abstract));
      const files = growing.finish();
      table = files.table();
      chunks = Array.from({ length: files.n_chunks() }, (_, at) => [files.words(at), files.places(at)]);
      index = new opener.Words(papers, table);
      chunks.forEach(([words, places], at) => index.insert(at, words, places));
    },
    search: ({ road }) => (text) => index.search(text, road, data.k),
    rows: (found) => Array.from(found),
    wasm_bytes: () => memory.buffer.byteLength,
    saved: () => {
      const places = chunks.reduce((sum, [, places]) => sum + places.length, 0) / data.texts.length;
      return {
        parts: [table, ...chunks.map(([words]) => words)],
        note: `where words stand, which only phrases need, is ${Math.round(places)} bytes a paper more; its memory has it`,
      };
    },
  };
}

async function minisearch(data) {
  const { default: MiniSearch } = await import("/npm/minisearch/dist/es/index.js");
  const index = new MiniSearch({ fields: FIELDS });
  return {
    build: () => index.addAll(data.texts),
    search: ({ options }) => (text) => index.search(text, options),
    rows: (found) => found.slice(0, data.k).map(({ id }) => id),
    saved: () => [JSON.stringify(index)],
  };
}

async function flexsearch(data) {
  const { Document } = await import("/npm/flexsearch/dist/flexsearch.bundle.module.min.mjs");
  const index = new Document({ document: { id: "id", index: FIELDS } });
  return {
    build: () => data.texts.forEach((paper) => index.add(paper)),
    search: ({ options }) => (text) => index.search(text, { limit: data.k, ...options }),
    // One list a field; what its title answers stands first.
    rows: (found) => [...new Set(found.flatMap(({ result }) => result))].slice(0, data.k),
    saved: async () => {
      const parts = [];
      await index.export((_key, text) => text && parts.push(text));
      return parts;
    },
  };
}

export const WORDS = [
  {
    name: "Offprint",
    open: ours,
    asked: [
      { name: "by words alone", road: "bm25" },
      { name: "as the page answers", road: "page" },
    ],
  },
  {
    name: "minisearch",
    peer: true,
    open: minisearch,
    asked: [
      { name: "any word", options: {} },
      { name: "any word, titles × 4", options: { boost: { title: 4 } } },
      { name: "all words", options: { combineWith: "AND" } },
    ],
  },
  {
    name: "flexsearch",
    peer: true,
    open: flexsearch,
    asked: [
      { name: "all words", options: {} },
      { name: "any word", options: { suggest: true } },
    ],
  },
];

// Indexes of vectors. Each opens in a tab of its own and gives
//   build()          which makes an index of `data.stored`; ours has `open()` instead
//   search(asked)    for one of its ways of asking: a function from a vector to the rows found, best first
//   saved()          what it saves itself in, as parts of a Blob, or these and a note
// and may give `rows(found)`, which makes rows of what a search gives, outside of what is timed; `wasm_bytes()`, where not
// all modules of the tab count; and `note`. Modules are imported here only: one that is missing costs itself alone.

// The graph that every HNSW is asked for: `m` links a node, twice as many on the ground, chosen from so many.
const GRAPH = { m: 16, efConstruction: 128, seed: 1 };
// Candidates that a walk keeps.
const BREADTHS = [32, 64, 128, 256];
// Our roads through an index, each with its breadths; `null` is the one that the build chose, or none.
const ROADS = {
  codes: { of: "depth", breadths: [null, 250, 500, 1000, 2000] },
  graph: { of: "ef", breadths: [null, ...BREADTHS] },
  exact: { breadths: [null] },
};

const ef = (breadth) => ({ name: `ef ${breadth}`, breadth });
const ASKED = BREADTHS.map(ef);

async function ours(data) {
  const { default: load, Vectors } = await import("/ours/engine.js");
  await load();
  const bytes = await data.bytes("index.bin");
  const papers = await data.json("papers-of-rows.json");
  const rowOf = new Map(papers.map((paper, row) => [paper, row]));
  let index;
  return {
    open: () => (index = new Vectors(bytes)),
    search: ({ road, breadth }) => {
      const width = breadth ?? (road === "codes" ? index.depth_for(data.k) : index.default_ef);
      return (query) => index.search(query, road, data.k, width);
    },
    rows: (found) => Array.from(found, (paper) => rowOf.get(paper)),
    saved: () => {
      const breadths = `ef ${index.default_ef} for the graph, depth ${index.depth_for(data.k)} for codes`;
      const note = `index-builder makes it, natively: ${breadths}; the page goes by ${index.road(data.k)}`;
      return { parts: [bytes], note };
    },
  };
}

async function hnswlib(data) {
  const module = await import("/npm/hnswlib-wasm/dist/hnswlib.js");
  await module.__tla;
  const library = await module.loadHnswlib();
  const index = new library.HierarchicalNSW("ip", data.dim, "");
  return {
    build: () => {
      index.initIndex(data.stored.length, GRAPH.m, GRAPH.efConstruction, GRAPH.seed);
      data.stored.forEach((vector, row) => index.addPoint(vector, row, false));
    },
    search: ({ breadth }) => {
      index.setEfSearch(breadth);
      return (query) => index.searchKnn(query, data.k, undefined).neighbors;
    },
    // It writes into a file system of its own, which is kept in IndexedDB.
    saved: async () => {
      await index.writeIndex("index.dat");
      await module.syncFileSystem("write");
      return stored("FILE_DATA");
    },
  };
}

// All files that Emscripten keeps in a store of IndexedDB.
async function stored(store) {
  const done = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const parts = [];
  for (const { name } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name));
    if (database.objectStoreNames.contains(store)) {
      const entries = await done(database.transaction(store).objectStore(store).getAll());
      parts.push(...entries.flatMap(({ contents }) => contents ?? []));
    }
    database.close();
  }
  return parts;
}

// Its breadth is the index' own, and cannot be changed afterwards.
const edgevec = (breadth) => async (data) => {
  const module = await import("/npm/edgevec/edgevec.js");
  await module.default();
  const config = new module.EdgeVecConfig(data.dim);
  // Of unit vectors the nearest are the same by any metric; by "dot" and "cosine" this version finds the farthest.
  config.metric = "l2";
  config.m = GRAPH.m;
  config.m0 = 2 * GRAPH.m;
  config.ef_construction = GRAPH.efConstruction;
  config.ef_search = breadth;
  const index = new module.EdgeVec(config);
  const rows = new Map();
  return {
    build: () => data.stored.forEach((vector, row) => rows.set(index.insert(vector), row)),
    search: () => (query) => index.search(query, data.k),
    rows: (found) => found.map(({ id }) => rows.get(id)),
    saved: () => {
      const [parts, chunks] = [[], index.save_stream()];
      for (let chunk; (chunk = chunks.next_chunk()) !== undefined; ) {
        parts.push(chunk);
      }
      chunks.free();
      return parts;
    },
  };
};

async function voy(data) {
  // Its module wants a bundler that knows WebAssembly; the two halves can be put together by hand.
  const glue = await import("/npm/voy-search/voy_search_bg.js");
  const response = fetch("/npm/voy-search/voy_search_bg.wasm");
  const { instance } = await WebAssembly.instantiateStreaming(response, { "./voy_search_bg.js": glue });
  glue.__wbg_set_wasm(instance.exports);
  let index;
  return {
    build: () => {
      const embeddings = data.stored.map((vector, row) => {
        return { id: String(row), title: "", url: "", embeddings: Array.from(vector) };
      });
      index = new glue.Voy({ embeddings });
    },
    search: () => (query) => index.search(query, data.k).neighbors,
    rows: (found) => found.map(({ id }) => Number(id)),
    saved: () => [index.serialize()],
    note: "a k-d tree, which compares until nothing can be nearer",
  };
}

async function mememo(data) {
  const { HNSW } = await import("/npm/mememo/dist/index.es.js");
  const index = new HNSW({ distanceFunction: "cosine-normalized", useIndexedDB: false, ...GRAPH });
  const queries = new Map(data.queries.map((query) => [query, Array.from(query)]));
  return {
    build: () => {
      const vectors = data.stored.map((vector) => Array.from(vector));
      return index.bulkInsert(Object.keys(vectors), vectors);
    },
    search: ({ breadth }) => (query) => index.query(queries.get(query), data.k, breadth),
    rows: ({ keys }) => keys.map(Number),
    saved: () => [JSON.stringify(index.exportIndex()), ...data.stored],
    note: "it saves its graph alone, as JSON; the vectors, in f32, are counted with it, since it cannot do without them",
  };
}

// Its package has binaries for Node.js and no WebAssembly; that it does not load is tried, not assumed.
async function usearch() {
  await import("/npm/usearch/javascript/dist/esm/usearch.js");
  throw new Error("it loads, which it did not when this was written: give it an index here");
}

const once = [{ name: "as it is" }];

export const VECTORS = [
  {
    name: "Offprint",
    open: ours,
    asked: Object.entries(ROADS).flatMap(([road, { of, breadths }]) =>
      breadths.map((breadth) => {
        return { name: breadth ? `${road}, ${of} ${breadth}` : road, road, breadth };
      }),
    ),
  },
  // What is no peer fails the run where it fails.
  { name: "hnswlib-wasm", peer: true, open: hnswlib, asked: ASKED },
  ...ASKED.map((asked) => ({ name: "edgevec", peer: true, open: edgevec(asked.breadth), asked: [asked] })),
  { name: "voy-search", peer: true, open: voy, asked: once },
  { name: "mememo", peer: true, open: mememo, asked: ASKED },
  { name: "usearch", peer: true, open: usearch, asked: once },
];

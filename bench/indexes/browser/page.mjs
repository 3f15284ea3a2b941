// In a tab: opens one index, builds it, and asks it all queries, as often as it is told to.

import { VECTORS } from "./vectors.mjs";
import { WORDS } from "./words.mjs";

// Every module's memory, whoever made it.
const memories = [];
for (const name of ["instantiate", "instantiateStreaming"]) {
  const real = WebAssembly[name];
  WebAssembly[name] = async (...given) => {
    const made = await real.apply(WebAssembly, given);
    const exported = Object.values((made.instance ?? made).exports ?? {});
    memories.push(...exported.filter((value) => value instanceof WebAssembly.Memory));
    return made;
  };
}

async function read(name) {
  const response = await fetch(`/data/${name}`);
  if (!response.ok) {
    throw new Error(`${name}: ${response.status}`);
  }
  return response;
}
const bytes = async (name) => new Uint8Array(await (await read(name)).arrayBuffer());
const json = async (name) => (await read(name)).json();
const floats = async (name, dim) => {
  const all = new Float32Array((await bytes(name)).buffer);
  return Array.from({ length: all.length / dim }, (_, row) => all.subarray(row * dim, (row + 1) * dim));
};

let index, queries, asked;

// Opens index number `at` of a kind; what it is built of is in memory then.
async function open(kind, at, { dim, k }) {
  if (!crossOriginIsolated) {
    throw new Error("the clock is coarse: the page is not isolated");
  }
  const data = { dim, k, bytes, json };
  if (kind === "vectors") {
    [data.stored, data.queries] = [await floats("stored.f32", dim), await floats("queries.f32", dim)];
    queries = data.queries;
  } else {
    [data.texts, queries] = [await json("texts.json"), await json("questions.json")];
  }
  const known = (kind === "vectors" ? VECTORS : WORDS)[at];
  asked = known.asked;
  index = await known.open(data);
}

// Seconds to build it, or to open what was built before; and the memory that WebAssembly has then.
async function build() {
  const start = performance.now();
  await (index.build ?? index.open)();
  const seconds = (performance.now() - start) / 1e3;
  const all = memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
  return { [index.build ? "build_s" : "open_s"]: seconds, wasm_bytes: index.wasm_bytes?.() ?? all };
}

// What it saves itself in, as it is and after gzip.
async function saved() {
  const saved = await index.saved();
  const blob = new Blob(saved.parts ?? saved);
  const gzip = await new Response(blob.stream().pipeThrough(new CompressionStream("gzip"))).blob();
  return { note: saved.note ?? index.note ?? null, saved_bytes: blob.size, gzip_bytes: gzip.size };
}

// All queries once, asked in way number `at`; with what they found, where that is wanted.
async function round(at, wanted) {
  const search = index.search(asked[at]);
  const [found, ms] = [[], new Float64Array(queries.length)];
  const start = performance.now();
  let last = start;
  for (let n = 0; n < queries.length; n++) {
    let answer = search(queries[n]);
    if (answer instanceof Promise) {
      answer = await answer;
    }
    found.push(answer);
    const now = performance.now();
    ms[n] = now - last;
    last = now;
  }
  const rows = wanted && found.map((answer) => Array.from(index.rows?.(answer) ?? answer));
  return { round: { total_ms: last - start, ms: Array.from(ms) }, found: rows };
}

window.bench = { open, build, saved, round };

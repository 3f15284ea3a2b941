// An engine of the finished page in Node.js: `node in_node.mjs DIST ENGINE MANIFEST < TEXTS`.
//
// TEXTS is a JSON array of texts; the answer is one JSON object on standard output: the kernel that ran,
// and the SHA-256 of each vector's bytes. `null` where this Node.js does not take the module.

import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setFlagsFromString } from "node:v8";

const PROTOCOL = 11;

const [, , dist, binary, manifest] = process.argv;
const texts = JSON.parse(await text(process.stdin));

// Node.js 20 has relaxed SIMD behind a flag; later versions need none.
if (Number.parseInt(process.versions.node) < 22) {
  setFlagsFromString("--experimental-wasm-relaxed-simd");
}

const files = readdirSync(dist).filter((file) => file.startsWith(`${binary}-`));
const named = (ending) => join(dist, files.find((file) => file.endsWith(ending)));
const wasm = readFileSync(named("_bg.wasm"));
if (!WebAssembly.validate(wasm)) {
  console.log("null");
  process.exit();
}

// What a worker has and Node.js has not. No cache: nothing of this is kept.
let hear;
globalThis.self = globalThis;
globalThis.postMessage = (message) => hear(message);

// Rejects when the engine fails, or stops before it answers.
let waiting = { number: 0 };
function answered(number) {
  return new Promise((resolve, reject) => {
    waiting = { number, resolve, reject };
  });
}
hear = ([envelope, vectors]) => {
  const { request, body } = JSON.parse(envelope);
  if (body.type === "failed" || body.type === "dying") {
    waiting.reject(new Error(JSON.stringify(body.value)));
  } else if (request === waiting.number && (body.type === "hello" || body.type === "done")) {
    waiting.resolve({ reply: body.value, vectors });
  }
};

const hello = answered(0);
const source = readFileSync(named(".js")).toString("base64");
const module = await import(`data:text/javascript;base64,${source}`);
await module.default({ module_or_path: wasm });
await hello;

function ask(request, body) {
  const engine = binary === "engine_simd" ? "int8-simd" : "int8-relaxed";
  const envelope = { protocol: PROTOCOL, request, engine, corpus: "", body };
  const answer = answered(request);
  globalThis.onmessage({ data: JSON.stringify(envelope) });
  return answer;
}

const { reply: loaded } = await ask(1, { type: "load", manifest_url: manifest, newest: true, only_words: false });
const { reply, vectors } = await ask(2, { type: "embed_batch", texts });
const digests = texts.map((_, at) => {
  const row = vectors.slice(at * reply.dim, (at + 1) * reply.dim);
  return createHash("sha256").update(new Uint8Array(row.buffer)).digest("hex");
});
console.log(JSON.stringify({ kernel: loaded.kernel, digests }));
// The engine's ports would keep the process alive.
process.exit();

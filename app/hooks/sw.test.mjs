// Run by `cargo xtask test`: node --test app/hooks/sw.test.mjs

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { runInNewContext } from "node:vm";

const template = readFileSync(new URL("../../static/sw.js", import.meta.url), "utf8");
const ROOT = "https://example.org/lab/";
const FILES = [
  "app-0123456789abcdef.js",
  "engine_relaxed-0123456789abcdef.js",
  "engine_relaxed-0123456789abcdef_bg.wasm",
  "engine_simd-0123456789abcdef.js",
  "engine_simd-0123456789abcdef_bg.wasm",
  "icon.svg",
];

// The service worker with a network that answers `answer`, and `kept` in its cache.
function start({ answer, kept, hasRelaxed = true }) {
  const listeners = {};
  const asked = [];
  const installed = [];
  const put = [];
  const cache = {
    match: async (address) => (address === ROOT ? kept : undefined),
    addAll: async (requests) => installed.push(...requests),
    put: async (address) => put.push(address),
  };
  class Asked {
    constructor(url, init) {
      Object.assign(this, { url, ...init });
    }
  }
  runInNewContext(template.replace("__FILES__", JSON.stringify(FILES)), {
    URL,
    Response,
    Request: Asked,
    // Not waited for: a kept page would be shown in place of any slow answer.
    setTimeout: () => {},
    WebAssembly: { validate: () => hasRelaxed },
    caches: { open: async () => cache, keys: async () => [], match: async () => undefined },
    fetch: async (url, init) => {
      asked.push({ url, ...init });
      return answer;
    },
    self: {
      location: `${ROOT}sw.js`,
      addEventListener: (name, listener) => (listeners[name] = listener),
      skipWaiting: async () => {},
    },
  });
  return { listeners, asked, installed, put };
}

async function navigate(worker, url) {
  let answered;
  const request = { method: "GET", mode: "navigate", cache: "default", url };
  worker.listeners.fetch({ request, respondWith: (answer) => (answered = answer) });
  return await answered;
}

// What fetch gives for a redirect that it was told not to follow.
const redirect = { type: "opaqueredirect", ok: false, status: 0 };
const page = { type: "basic", ok: true, status: 200 };
const kept = { type: "basic", ok: true, status: 200, isKept: true };

test("the page is asked for without its query, and no redirect is followed", async () => {
  const worker = start({ answer: page, kept });
  assert.equal(await navigate(worker, `${ROOT}?q=secret`), page);
  assert.deepEqual(worker.asked, [{ url: ROOT, cache: "default", redirect: "manual" }]);
});

test("a redirect is a failure where a page is kept, and the browser's to follow where none is", async () => {
  assert.equal(await navigate(start({ answer: redirect, kept }), ROOT), kept);
  assert.equal(await navigate(start({ answer: redirect }), ROOT), redirect);
});

test("an error gives way to the kept page, and is one where none is kept", async () => {
  const answer = { type: "basic", ok: false, status: 503 };
  assert.equal(await navigate(start({ answer, kept }), ROOT), kept);
  assert.equal((await navigate(start({ answer }), ROOT)).type, "error");
});

async function install(worker) {
  let done;
  worker.listeners.install({ waitUntil: (promise) => (done = promise) });
  await done;
  return worker.installed.map(({ url }) => url.slice(ROOT.length));
}

test("no redirected answer is ever kept", async () => {
  const worker = start({ answer: page });
  const kept = await install(worker);
  assert.deepEqual(worker.installed.map(({ redirect }) => redirect), kept.map(() => "error"));
});

test("of the engines the one is kept that this browser runs", async () => {
  for (const [hasRelaxed, engine] of [[true, "engine_relaxed"], [false, "engine_simd"]]) {
    const wanted = FILES.filter((file) => !file.startsWith("engine_") || file.startsWith(engine));
    assert.equal(wanted.length, 4);
    assert.deepEqual(await install(start({ answer: page, hasRelaxed })), ["", ...wanted]);
  }
});

test("an engine that was asked for after all is kept, and an error is not", async () => {
  for (const [ok, wanted] of [[true, [ROOT + FILES[3]]], [false, []]]) {
    const answer = { type: "basic", ok, status: ok ? 200 : 503, clone: () => answer };
    const worker = start({ answer });
    const waited = [];
    let answered;
    worker.listeners.fetch({
      request: { method: "GET", mode: "cors", url: ROOT + FILES[3] },
      respondWith: (promise) => (answered = promise),
      waitUntil: (promise) => waited.push(promise),
    });
    assert.equal(await answered, answer);
    await Promise.all(waited);
    assert.deepEqual(worker.put, wanted);
  }
});

test("page and service worker ask the browser the same question about relaxed SIMD", () => {
  const boot = readFileSync(new URL("../../static/boot.js", import.meta.url), "utf8");
  const question = (code) => {
    const modules = [...code.matchAll(/new Uint8Array\(\[([\d,\s]+)\]\)/g)].map(([, bytes]) =>
      bytes.split(",").map((byte) => byte.trim()).filter(Boolean).map(Number)
    );
    // The second byte of the relaxed dot product is 0x93: no other module of ours has one.
    return modules.filter((bytes) => bytes.join().includes("253,147,2"));
  };
  assert.equal(question(boot).length, 1);
  assert.deepEqual(question(template), question(boot));
});

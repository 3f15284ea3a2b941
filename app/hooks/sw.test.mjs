// Run by `cargo xtask test`: node --test app/hooks/sw.test.mjs

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { runInNewContext } from "node:vm";

const template = readFileSync(new URL("../../static/sw.js", import.meta.url), "utf8");
const ROOT = "https://example.org/lab/";

// The service worker with a network that answers `answer`, and `kept` in its cache.
function start({ answer, kept }) {
  const listeners = {};
  const asked = [];
  const installed = [];
  const cache = {
    match: async (address) => (address === ROOT ? kept : undefined),
    addAll: async (requests) => installed.push(...requests),
  };
  class Asked {
    constructor(url, init) {
      Object.assign(this, { url, ...init });
    }
  }
  runInNewContext(template.replace("__FILES__", '["app-0123456789abcdef.js", "icon.svg"]'), {
    URL,
    Response,
    Request: Asked,
    // Not waited for: a kept page would be shown in place of any slow answer.
    setTimeout: () => {},
    caches: { open: async () => cache, keys: async () => [] },
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
  return { listeners, asked, installed };
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

test("no redirected answer is ever kept", async () => {
  const worker = start({ answer: page });
  let done;
  worker.listeners.install({ waitUntil: (promise) => (done = promise) });
  await done;
  const wanted = [ROOT, `${ROOT}app-0123456789abcdef.js`, `${ROOT}icon.svg`];
  assert.deepEqual(worker.installed.map(({ url }) => url), wanted);
  assert.deepEqual(worker.installed.map(({ redirect }) => redirect), wanted.map(() => "error"));
});

// Keeps the page itself (not the artifacts, which the engine's worker keeps) for offline use.
//
// A template: app/hooks/finish_dist.mjs replaces both placeholders in release builds and
// writes the result beside the page. It answers for its own list of files only; every other
// request, and every other origin, goes past it.
"use strict";

// Digest of the files below: another build is another cache.
const BUILD = "__BUILD__";
// Paths relative to this script.
const FILES = __FILES__;
// A name that says what is in the file: it never changes.
const HASHED = /-[0-9a-f]{16}(_bg)?\.(js|wasm|css)$/;

// Whether this browser runs the faster engine: asked as in boot.js.
const RELAXED = WebAssembly.validate(
  new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0, 65, 0,
    253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 147, 2, 11,
  ])
);
// The engine that the page will most likely start. Another one is kept once it was asked for.
const ENGINE = RELAXED ? "engine_relaxed-" : "engine_simd-";

const PREFIX = "offprint-shell-" + new URL("./", self.location).pathname + "-";
const CACHE = PREFIX + BUILD;
// How long the network may take for the page before the kept one is shown.
const PATIENCE_MS = 2500;

const root = new URL("./", self.location).href;
const addressOf = (file) => new URL(file, root).href;
const addresses = new Set(FILES.map(addressOf));
const expected = FILES.filter((file) => !file.startsWith("engine_") || file.startsWith(ENGINE));

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(CACHE);
      // The page has just fetched the hashed files. The others are asked for anew, since a
      // server may let browsers keep them for a while.
      // Nor is a redirected answer kept, since no navigation may be answered with one: this page
      // then works without a service worker.
      const request = (address) =>
        new Request(address, { cache: HASHED.test(address) ? "default" : "no-cache", redirect: "error" });
      await cache.addAll([root, ...expected.map(addressOf)].map(request));
      await self.skipWaiting();
    })()
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      // One build before this one stays: a tab may still show it. Names come oldest first.
      const older = (await shellCaches()).filter((name) => name !== CACHE);
      await Promise.all(older.slice(0, -1).map((name) => caches.delete(name)));
      await self.clients.claim();
    })()
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(root)) {
    return;
  }
  const asked = request.url.split(/[?#]/)[0];
  if (request.mode === "navigate") {
    if (asked === root || asked === root + "index.html") {
      event.respondWith(page(request));
    }
  } else if (addresses.has(asked) || isOfTheShell(asked)) {
    event.respondWith(file(event, asked));
  }
});

// A hashed file beside the page, of this build or of the one before.
function isOfTheShell(address) {
  return HASHED.test(address) && !address.slice(root.length).includes("/");
}

async function shellCaches() {
  return (await caches.keys()).filter((name) => name.startsWith(PREFIX));
}

// The page: from the network if it answers soon, so that a new build is seen at once. It is asked
// for without what stands behind its address: the site need not learn what somebody searches for.
async function page(request) {
  const kept = async () => (await caches.open(CACHE)).match(root);
  // A reload wants what is new; no other mode is ours to pass on.
  const cache = ["reload", "no-cache"].includes(request.cache) ? request.cache : "default";
  // A redirect is not followed here: browsers refuse a redirected answer to a navigation, but take
  // the redirect itself and follow it, to another site too.
  let redirect = null;
  const fetched = fetch(root, { cache, redirect: "manual" }).then((response) => {
    if (response.type === "opaqueredirect") {
      redirect = response;
    }
    if (!response.ok) {
      throw new Error("status " + response.status);
    }
    return response;
  });
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS)).then(kept);
  try {
    return (await Promise.race([fetched, late])) || (await fetched);
  } catch (error) {
    // The kept page comes before a redirect: most likely that leads to some network's login.
    return (await kept()) || redirect || Response.error();
  }
}

// A file: what is kept is what it is, since its name or this cache's name says so.
async function file(event, asked) {
  const names = [CACHE, ...(HASHED.test(asked) ? await shellCaches() : [])];
  for (const name of names) {
    const found = await caches.match(asked, { cacheName: name });
    if (found) {
      return found;
    }
  }
  const answer = await fetch(event.request);
  // An engine that this browser was not expected to run. A refusal changes nothing.
  if (answer.ok && addresses.has(asked)) {
    const copy = answer.clone();
    event.waitUntil(caches.open(CACHE).then((cache) => cache.put(asked, copy)).catch(() => {}));
  }
  return answer;
}

// Has Chromium build and ask every index: `node indexes.mjs PLAN.json`, started by the binary `indexes`.
// Each index has a tab of its own, so that one that fails or takes all memory takes nobody with it; rounds go over all of
// them in turn. The answer is one JSON on standard output.

import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

import { Chromium } from "../../browser/chromium.mjs";
import { ISOLATED, serve } from "../../browser/server.mjs";
import { VECTORS } from "./vectors.mjs";
import { WORDS } from "./words.mjs";

// Rounds over all indexes, after one that only warms up.
const ROUNDS = 7;
// Milliseconds that the rounds of an index may take together, each way of asking by itself; one is taken in any case.
const MOST_MS = 60_000;
// Seconds for what is no building: opening, saving, a round.
const PATIENCE_S = 600;
// Tabs behind other tabs run as fast as the one in front.
const FLAGS = [
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
];

const plan = JSON.parse(await readFile(process.argv[2], "utf8"));
const peers = JSON.parse(await readFile(new URL("../peers/package.json", import.meta.url), "utf8")).dependencies;
const say = (line) => process.stderr.write(`${line}\n`);

const mounts = { "/page/": dirname(fileURLToPath(import.meta.url)), "/ours/": plan.module, "/data/": plan.data };
if (plan.node_modules) {
  mounts["/npm/"] = plan.node_modules;
}
const server = await serve(mounts, ISOLATED);
const browser = await Chromium.start(plan.chromium, FLAGS);

async function heap(tab) {
  await tab.send("HeapProfiler.collectGarbage");
  return (await tab.send("Runtime.getHeapUsage")).usedSize;
}

const nameOf = ({ name, peer }) => (peer ? `${name} ${peers[name]}` : name);

// Opens and builds index number `at`, and warms every way of asking it up.
async function start(kind, known, at) {
  const tab = await browser.open(`${server.origin}/page/page.html`);
  const call = (method, ...values) => {
    const given = values.map((value) => JSON.stringify(value)).join();
    const seconds = method === "build" ? plan.limit_s : PATIENCE_S;
    return tab.evaluate(`window.bench.${method}(${given})`, seconds);
  };
  try {
    await tab.until("the page is ready", "window.bench !== undefined");
    await call("open", kind, at, plan.settings);
    const before = await heap(tab);
    const built = await call("build");
    const heap_bytes = (await heap(tab)) - before;
    const figures = { name: nameOf(known), ...built, heap_bytes, settings: [] };
    for (const [way, asked] of known.asked.entries()) {
      const { round, found } = await call("round", way, true);
      const rounds = Math.max(1, Math.min(ROUNDS, Math.floor(MOST_MS / round.total_ms)));
      figures.settings.push({ name: asked.name, found, rounds: [], wanted: rounds });
    }
    return { tab, call, figures, known };
  } catch (error) {
    await tab.close();
    throw error;
  }
}

// One more round of every way of asking that wants one.
async function again({ tab, call, figures }, round) {
  await tab.send("Page.bringToFront");
  for (const [way, setting] of figures.settings.entries()) {
    if (round < setting.wanted) {
      setting.rounds.push((await call("round", way, false)).round);
    }
  }
}

async function measure(kind, indexes) {
  let running = [];
  const absent = [];
  // A peer that fails is named; ours may not.
  const fails = (known, error) => {
    if (!known.peer) {
      throw error;
    }
    absent.push({ name: nameOf(known), why: error.message.split("\n")[0] });
  };
  for (const [at, known] of indexes.entries()) {
    say(`In the browser: ${kind}, ${known.name}`);
    try {
      if (known.peer && !plan.node_modules) {
        throw new Error("it could not be installed");
      }
      running.push(await start(kind, known, at));
    } catch (error) {
      fails(known, error);
    }
  }
  say(`In the browser: ${kind}, all in turn`);
  for (let round = 0; round < ROUNDS; round++) {
    for (const index of running) {
      try {
        await again(index, round);
      } catch (error) {
        await index.tab.close();
        fails(index.known, error);
        running = running.filter((other) => other !== index);
      }
    }
  }
  // Saving comes last: an index that is too large for it has been measured all the same.
  for (const { tab, call, figures } of running) {
    try {
      Object.assign(figures, await call("saved"));
    } catch (error) {
      figures.note = `it could not be saved: ${error.message.split("\n")[0]}`;
    }
    await tab.close();
  }
  return { engines: running.map(({ figures }) => figures), absent };
}

try {
  const version = `Chromium ${(await browser.version()).split("/")[1]}`;
  const vectors = await measure("vectors", VECTORS);
  const words = await measure("words", WORDS);
  process.stdout.write(JSON.stringify({ browser: version, vectors, words }));
} finally {
  await browser.close();
  server.stop();
}

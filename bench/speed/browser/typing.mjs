// From a key to painted results: `node typing.mjs CHROMIUM DIST [FIGURES.json]`.
//
// Types questions into the finished page as a person would, one key after the other through the browser's own
// input, and measures in the page from the key's `timeStamp` to the end of the frame that shows its results.

import { writeFile } from "node:fs/promises";

import { Chromium, sleep } from "../../browser/chromium.mjs";
import { quantile } from "../../browser/quantile.mjs";
import { serve } from "../../browser/server.mjs";

// Typed in this order; the first one only warms the page up.
const QUESTIONS = [
  "why is the sky dark at night",
  "how do glaciers slide over rock",
  "graph neural networks for molecules",
  "entanglement in quantum many body systems",
  "bounds for gaps between primes",
  "tracking fish in video",
  "learning to translate without parallel text",
  "dark matter halos of dwarf galaxies",
];
// Between two keys: about 80 words a minute, unevenly.
const LEAST_MS = 80;
const MOST_MS = 220;
// After a question, before the next one.
const REST_MS = 700;
// After the page can search.
const SETTLE_MS = 3_000;

// In the page, before its own scripts. A key counts when it changed what is asked; its results have come when the
// list, which says `aria-busy` from the key on, says so no longer. The frame is over when a message sent from
// `requestAnimationFrame` arrives: it waits behind layout and paint.
function watch() {
  const list = () => document.querySelector(".results");
  const asked = () => document.querySelector("[data-testid=search-box]").value.trim();
  let [key, before, measured] = [null, "", []];
  addEventListener("keydown", (event) => (key = event.timeStamp), true);
  addEventListener(
    "input",
    () => {
      if (asked() !== before && asked() !== "") {
        measured.push({ text: asked(), key, ms: null, line: "" });
      }
      before = asked();
    },
    true,
  );
  const answered = () => {
    const last = measured.at(-1);
    if (!last || last.ms !== null || last.waiting || list()?.ariaBusy !== "false") {
      return;
    }
    last.waiting = true;
    requestAnimationFrame(() => {
      // A list that has only just been put up may say so before its question is asked.
      if (last === measured.at(-1) && list()?.ariaBusy !== "false") {
        last.waiting = false;
        return;
      }
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        // A further key meanwhile asks something else: what was painted still answers this one.
        last.ms = performance.now() - last.key;
        last.line = document.querySelector("[data-testid=result-line]").innerText;
        port1.close();
      };
      port2.postMessage(null);
    });
  };
  let known = null;
  new MutationObserver((changes) => {
    const now = list();
    if (now !== known || changes.some(({ type, target }) => type === "attributes" && target === now)) {
      known = now;
      answered();
    }
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-busy"] });
  window.typing = { take: () => measured.splice(0).map(({ text, ms, line }) => ({ text, ms, line })) };
}

// The same pauses in every run: a linear congruential generator (Numerical Recipes).
function pauses(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return LEAST_MS + ((MOST_MS - LEAST_MS) * state) / 2 ** 32;
  };
}

async function type(page, text, pause) {
  for (const letter of text) {
    const key = { key: letter, text: letter, unmodifiedText: letter, code: letter === " " ? "Space" : `Key${letter.toUpperCase()}` };
    await page.send("Input.dispatchKeyEvent", { type: "keyDown", ...key });
    await page.send("Input.dispatchKeyEvent", { type: "keyUp", key: key.key, code: key.code });
    await sleep(pause());
  }
}

const [chromium, dist, json] = process.argv.slice(2);
if (!dist) {
  process.stderr.write("usage: node typing.mjs CHROMIUM DIST [FIGURES.json]\n");
  process.exit(2);
}
const server = await serve({ "/": dist });
const browser = await Chromium.start(chromium, ["--disable-gpu"]);
try {
  const page = await browser.open(`${server.origin}/`, `(${watch})()`);
  await page.until("the page is alive", "window.offprint !== undefined");
  const info = await page.evaluate("offprint.ready()");
  // What the page loads once it can search is no part of typing.
  await sleep(SETTLE_MS);
  const pause = pauses(1);
  const keys = [];
  for (const [at, question] of QUESTIONS.entries()) {
    process.stderr.write(`Typing: ${question}\n`);
    await page.evaluate(`(() => {
      const box = document.querySelector("[data-testid=search-box]");
      box.focus();
      box.value = "";
      box.dispatchEvent(new Event("input", { bubbles: true }));
    })()`);
    await sleep(REST_MS);
    await type(page, question, pause);
    await sleep(REST_MS);
    const taken = await page.evaluate("window.typing.take()");
    if (taken.at(-1)?.text !== question) {
      throw new Error(`the page was asked ${JSON.stringify(taken.at(-1)?.text)} and not ${JSON.stringify(question)}`);
    }
    if (at > 0) {
      keys.push(...taken);
    }
  }
  const painted = keys.filter(({ ms }) => ms !== null);
  if (painted.length < QUESTIONS.length - 1) {
    throw new Error(`only ${painted.length} of ${keys.length} keys had results before the next one`);
  }
  const sorted = painted.map(({ ms }) => ms).sort((a, b) => a - b);
  const engine = painted.map(({ line }) => Number(line.match(/([\d.,]+) ms/)?.[1])).filter(Number.isFinite);
  engine.sort((a, b) => a - b);
  const [p50, p95, most] = [0.5, 0.95, 1].map((share) => quantile(sorted, share));
  const version = (await browser.version()).replace("/", " ");
  process.stdout.write(`
${version}, ${info.papers} papers, ${info.kernel}: ${keys.length} keys that change the question, ${painted.length} with results before the next one

| from a key to painted results | ms |
|---|--:|
| p50 | ${p50.toFixed(1)} |
| p95 | ${p95.toFixed(1)} |
| most | ${most.toFixed(1)} |
| of it embedding and search, p50 | ${quantile(engine, 0.5)?.toFixed(1) ?? "not said"} |
`);
  if (json) {
    await writeFile(json, JSON.stringify({ browser: version, info, keys }, null, 2) + "\n");
  }
} finally {
  await browser.close();
  server.stop();
}

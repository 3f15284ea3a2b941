// What a first question costs where a corpus comes in pieces: `node pieces.mjs CHROMIUM DIST [FIGURES.json]`.
//
// Each question is put to a browser that has loaded the page and nothing else: bytes of what the server then sends, by
// kind, and milliseconds until results begin and until they are whole. The server is this machine's own.

import { writeFile } from "node:fs/promises";

import { Chromium, sleep } from "../../browser/chromium.mjs";
import { quantile } from "../../browser/quantile.mjs";
import { serve } from "../../browser/server.mjs";

const QUESTIONS = [
  "why is the sky dark at night",
  "how do glaciers slide over rock",
  "graph neural networks for molecules",
  "entanglement in quantum many body systems",
  "bounds for gaps between primes",
  "tracking fish in video",
  "learning to translate without parallel text",
  "dark matter halos of dwarf galaxies",
  "superconductivity at high pressure",
  "option pricing under stochastic volatility",
];
// After the page can search, and after an answer: cards fetch their abstracts when they have stood still.
const SETTLE_MS = 3_000;

// In the page: puts a question, and says when cards are there, and when they are all that there will be.
function ask(text) {
  return new Promise((resolve) => {
    const box = document.querySelector("[data-testid=search-box]");
    const started = performance.now();
    let first = null;
    const look = () => {
      const list = document.querySelector(".results");
      if (first === null && list?.querySelector("article")) {
        first = performance.now() - started;
      }
      if (first !== null && list.ariaBusy === "false") {
        watch.disconnect();
        const line = document.querySelector("[data-testid=result-line]").innerText;
        resolve({ first, whole: performance.now() - started, line });
      }
    };
    const watch = new MutationObserver(look);
    watch.observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-busy"] });
    box.focus();
    box.value = text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

const [chromium, dist, json] = process.argv.slice(2);
if (!dist) {
  process.stderr.write("usage: node pieces.mjs CHROMIUM DIST [FIGURES.json]\n");
  process.exit(2);
}
let sent = [];
const server = await serve({ "/": dist }, {}, (name, bytes) => sent.push({ name, bytes }));
const rows = [];
let corpus = "";
try {
  for (const question of QUESTIONS) {
    const browser = await Chromium.start(chromium, ["--disable-gpu"]);
    try {
      const page = await browser.open(`${server.origin}/`);
      await page.until("the page is alive", "window.offprint !== undefined");
      const info = await page.evaluate("offprint.ready()");
      corpus = `${info.corpus}, ${info.papers} papers`;
      await sleep(SETTLE_MS);
      const before = sent.reduce((sum, { bytes }) => sum + bytes, 0);
      sent = [];
      const { first, whole, line } = await page.evaluate(`(${ask})(${JSON.stringify(question)})`, 60);
      await sleep(SETTLE_MS);
      const kinds = {};
      for (const { name, bytes } of sent) {
        const kind = name.split("-")[0];
        kinds[kind] = (kinds[kind] ?? 0) + bytes;
      }
      const bytes = sent.reduce((sum, { bytes }) => sum + bytes, 0);
      rows.push({ question, before, bytes, files: sent.length, kinds, first, whole, line });
      sent = [];
      process.stdout.write(
        `${question}: ${bytes} bytes in ${rows.at(-1).files} files ${JSON.stringify(kinds)}; ` +
          `first ${first.toFixed(0)} ms, whole ${whole.toFixed(0)} ms; ${line}\n`,
      );
    } finally {
      await browser.close();
    }
  }
} finally {
  server.stop();
}
const of = (key) => rows.map((row) => row[key]).toSorted((a, b) => a - b);
process.stdout.write(
  `\n${corpus}; before a question ${of("before")[0]} bytes\n` +
    `bytes of a first question: half ${quantile(of("bytes"), 0.5).toFixed(0)}, at most ${Math.max(...of("bytes"))}\n` +
    `results begin: half ${quantile(of("first"), 0.5).toFixed(0)} ms, at most ${Math.max(...of("first")).toFixed(0)} ms\n` +
    `and are whole: half ${quantile(of("whole"), 0.5).toFixed(0)} ms, at most ${Math.max(...of("whole")).toFixed(0)} ms\n`,
);
if (json) {
  await writeFile(json, `${JSON.stringify({ corpus, rows }, null, 2)}\n`);
}

// Has Chromium measure every encoder: `node encoder.mjs PLAN.json`, started by the binary `speed`.
// The plan says where things are and which texts are embedded; the answer is one JSON on standard output.

import { mkdtemp, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { Chromium } from "../../browser/chromium.mjs";
import { ISOLATED, serve } from "../../browser/server.mjs";

// Browsers started afresh for each build's first embedding.
const STARTS = 5;
// Where a browser has WebGPU only when asked.
const GPU = ["--enable-unsafe-webgpu"];

const plan = JSON.parse(await readFile(process.argv[2], "utf8"));
const peers = JSON.parse(await readFile(new URL("../peers/package.json", import.meta.url), "utf8")).dependencies;
const say = (line) => process.stderr.write(`${line}\n`);

// transformers.js wants a model's files in a folder of its own shape.
const hub = await mkdtemp(join(tmpdir(), "offprint-hub-"));
await mkdir(join(hub, "encoder/onnx"), { recursive: true });
for (const name of ["config.json", "tokenizer.json"]) {
  await symlink(join(plan.base, name), join(hub, "encoder", name));
}
const tokenizer = { tokenizer_class: "BertTokenizer", do_lower_case: true, model_max_length: plan.max_tokens };
await writeFile(join(hub, "encoder/tokenizer_config.json"), JSON.stringify(tokenizer));
await symlink(join(plan.onnx, "int8_tensor.onnx"), join(hub, "encoder/onnx/model_quantized.onnx"));
await symlink(join(plan.onnx, "f32.onnx"), join(hub, "encoder/onnx/model.onnx"));

const server = await serve(
  {
    "/page/": dirname(fileURLToPath(import.meta.url)),
    "/engines/": plan.engines,
    "/npm/": plan.node_modules,
    "/onnx/": plan.onnx,
    "/base/": plan.base,
    "/hub/": hub,
    "/artifact/": dirname(plan.model),
  },
  ISOLATED,
);
const settings = {
  builds: plan.builds,
  model: `/artifact/${basename(plan.model)}`,
  sha256: plan.sha256,
  max_tokens: plan.max_tokens,
  texts: plan.texts,
  versions: peers,
};

// Runs `call` of encoder_page.mjs in a browser of its own.
async function inBrowser(call) {
  const browser = await Chromium.start(plan.chromium, GPU);
  try {
    const page = await browser.open(`${server.origin}/page/encoder.html`);
    await page.until("the page is ready", "window.bench !== undefined");
    return { browser: await browser.version(), value: await page.evaluate(`window.bench.${call}`) };
  } finally {
    await browser.close();
  }
}

try {
  const first = [];
  for (const build of plan.builds) {
    say(`In the browser: first embedding, ${build}`);
    const starts = [];
    for (let n = 0; n < STARTS; n++) {
      starts.push((await inBrowser(`first(${JSON.stringify(build)}, ${JSON.stringify(settings)})`)).value);
    }
    const ms = starts.map((start) => start.ms);
    first.push({ name: starts[0].name, ms, memory_bytes: Math.max(...starts.map((start) => start.memory_bytes)) });
  }
  say("In the browser: all engines are opened, then run in turn");
  const { browser, value } = await inBrowser(`encoders(${JSON.stringify(settings)})`);
  process.stdout.write(JSON.stringify({ browser: `Chromium ${browser.split("/")[1]}`, ...value, first }));
} finally {
  server.stop();
  await rm(hub, { recursive: true, force: true });
}

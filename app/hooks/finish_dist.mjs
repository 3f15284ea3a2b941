// Runs after trunk has built, on the staged files: what trunk does not do itself.
//
// 1. The engine and the boot script get the hash of their content in their names (trunk hashes
//    no worker and no copied file), and index.html gets the new names.
// 2. A release build gets its service worker, which lists the page's files.

import { createHash } from "node:crypto";
import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const staging = process.env.TRUNK_STAGING_DIR;
if (!staging) {
  console.error("TRUNK_STAGING_DIR is unset: this hook is run by trunk, see Trunk.toml");
  process.exit(2);
}
const at = (name) => join(staging, name);
const digest = (...parts) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, 16);
};

const SHELL = "index.html";
let page = readFileSync(at(SHELL), "utf8");

// Replaces exactly what must be there; anything else means that trunk's output has changed.
function replace(text, found, by, where) {
  if (!text.includes(found)) {
    console.error(`${where} does not contain ${found}: has trunk's output changed?`);
    process.exit(1);
  }
  return text.replaceAll(found, by);
}

for (const plain of readdirSync(staging).filter((name) => /^engine_\w+\.js$/.test(name))) {
  const stem = plain.slice(0, -".js".length);
  const code = readFileSync(at(plain), "utf8");
  const wasm = `${stem}_bg.wasm`;
  const hashed = `${stem}-${digest(code, readFileSync(at(wasm)))}`;
  // wasm-bindgen's module finds its other half by this name.
  writeFileSync(at(`${hashed}.js`), replace(code, wasm, `${hashed}_bg.wasm`, plain));
  renameSync(at(wasm), at(`${hashed}_bg.wasm`));
  rmSync(at(plain));
  page = replace(page, `content="${plain}"`, `content="${hashed}.js"`, SHELL);
}

const boot = `boot-${digest(readFileSync(at("boot.js")))}.js`;
renameSync(at("boot.js"), at(boot));
page = replace(page, "boot.js", boot, SHELL);

if (process.env.TRUNK_PROFILE === "release") {
  const named = '<meta name="offprint-service-worker" content="sw.js">';
  page = replace(page, "</title>", `</title>\n${named}`, SHELL);
}
writeFileSync(at(SHELL), page);

if (process.env.TRUNK_PROFILE === "release") {
  const source = process.env.TRUNK_SOURCE_DIR;
  const files = shellFiles();
  const build = digest(page, ...files.flatMap((name) => [name, readFileSync(at(name))]));
  let worker = readFileSync(join(source, "sw.js"), "utf8");
  worker = replace(worker, '"__BUILD__"', JSON.stringify(build), "sw.js");
  worker = replace(worker, "__FILES__", JSON.stringify(files, null, 2), "sw.js");
  writeFileSync(at("sw.js"), worker);
}

// The page's files beside index.html itself; artifacts are the engine's to keep.
function shellFiles() {
  return readdirSync(staging, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .map((path) => path.slice(staging.length).replaceAll("\\", "/").replace(/^\/+/, ""))
    .filter((name) => /\.(js|wasm|css|woff2|svg)$/.test(name) && !name.startsWith("artifacts/"))
    .filter((name) => name !== "sw.js")
    .sort();
}

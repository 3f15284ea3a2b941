// Runs after trunk has built, on the staged files: what trunk does not do itself.
//
// 1. The artifacts are put beside the page: those of OFFPRINT_ARTIFACTS, or static/artifacts.
// 2. The shell gets the name that their manifest gives the site, so that nothing changes when the
//    app comes alive, and says where the book is (OFFPRINT_BOOK) and which feeds there are, if there are any.
// 3. The engine and the boot script get the hash of their content in their names (trunk hashes
//    no worker and no copied file), and index.html gets the new names.
// 4. A release build gets its service worker, which lists the page's files.

import { createHash } from "node:crypto";
import { cpSync, existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

import { addFeeds, addMeta, isOfShell, isPublished, nameSite, replace } from "./site.mjs";

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
const source = process.env.TRUNK_SOURCE_DIR;
const artifacts = process.env.OFFPRINT_ARTIFACTS || join(source, "artifacts");
cpSync(artifacts, at("artifacts"), {
  recursive: true,
  // The folder's own name may begin with a dot.
  filter: (path) => path === artifacts || isPublished(basename(path)),
});
const { site } = JSON.parse(readFileSync(at("artifacts/manifest.json"), "utf8"));

let page = readFileSync(at(SHELL), "utf8");
if (process.env.OFFPRINT_BOOK) {
  page = addMeta(page, "offprint-book", process.env.OFFPRINT_BOOK);
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
  if (stem === "engine_reference") {
    // Built only where the artifacts have what it needs: the shell does not name it beforehand.
    page = addMeta(page, "offprint-engine-reference", `${hashed}.js`);
  } else {
    page = replace(page, `content="${plain}"`, `content="${hashed}.js"`, SHELL);
  }
}

const boot = `boot-${digest(readFileSync(at("boot.js")))}.js`;
renameSync(at("boot.js"), at(boot));
page = replace(page, "boot.js", boot, SHELL);

if (process.env.TRUNK_PROFILE === "release") {
  page = addMeta(page, "offprint-service-worker", "sw.js");
}
// Last: names are people's texts, in which nothing may be replaced.
const feeds = at("artifacts/feeds.json");
if (existsSync(feeds)) {
  page = addFeeds(page, JSON.parse(readFileSync(feeds, "utf8")));
}
page = nameSite(page, site);
writeFileSync(at(SHELL), page);

if (process.env.TRUNK_PROFILE === "release") {
  const files = shellFiles();
  const build = digest(page, ...files.flatMap((name) => [name, readFileSync(at(name))]));
  let worker = readFileSync(join(source, "sw.js"), "utf8");
  worker = replace(worker, '"__BUILD__"', JSON.stringify(build), "sw.js");
  worker = replace(worker, "__FILES__", JSON.stringify(files, null, 2), "sw.js");
  writeFileSync(at("sw.js"), worker);
}

function shellFiles() {
  return readdirSync(staging, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .map((path) => path.slice(staging.length).replaceAll("\\", "/").replace(/^\/+/, ""))
    .filter(isOfShell)
    .sort();
}

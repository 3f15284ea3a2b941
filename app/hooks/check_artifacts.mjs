// Runs before trunk builds: the page is nothing without its artifacts, all of one build.

import { existsSync } from "node:fs";
import { join } from "node:path";

import { UNFINISHED } from "./site.mjs";

const usual = join(process.env.TRUNK_SOURCE_DIR ?? "static", "artifacts");
const artifacts = process.env.OFFPRINT_ARTIFACTS || usual;

function stop(what, remedy) {
  console.error(`\n${what}\n${remedy}\n`);
  process.exit(1);
}

// First: an unfinished build may stand over a finished one, whose manifest is still there.
const note = join(artifacts, UNFINISHED);
if (existsSync(note)) {
  stop(
    `${artifacts} holds an unfinished build (${note} says of what): the page is not built from parts of it.`,
    "run: cargo xtask artifacts, or finish your own build with index-builder build … --resume",
  );
}
const manifest = join(artifacts, "manifest.json");
if (!existsSync(manifest)) {
  stop(`${manifest} is missing: model and index are not built yet.`, "run: cargo xtask artifacts");
}

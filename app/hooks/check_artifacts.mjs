// Runs before trunk builds: the page is nothing without its artifacts.

import { existsSync } from "node:fs";
import { join } from "node:path";

const usual = join(process.env.TRUNK_SOURCE_DIR ?? "static", "artifacts");
const manifest = join(process.env.OFFPRINT_ARTIFACTS || usual, "manifest.json");
if (!existsSync(manifest)) {
  console.error(`\n${manifest} is missing: model and index are not built yet.\nrun: cargo xtask artifacts\n`);
  process.exit(1);
}

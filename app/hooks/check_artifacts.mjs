// Runs before trunk builds: the page is nothing without its artifacts.

import { existsSync } from "node:fs";
import { join } from "node:path";

const manifest = join(process.env.TRUNK_SOURCE_DIR ?? "static", "artifacts", "manifest.json");
if (!existsSync(manifest)) {
  console.error(`\n${manifest} is missing: model and index are not built yet.\nrun: cargo xtask artifacts\n`);
  process.exit(1);
}

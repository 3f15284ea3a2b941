// Runs a program for WASI, such as Rust's unit tests compiled for it: `node in_wasi.mjs PROGRAM [ARGUMENT…]`.

import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { WASI } from "node:wasi";

// Node.js 20 has relaxed SIMD behind a flag, and its first compiler gets the fused dot product wrong.
if (Number.parseInt(process.versions.node) < 22) {
  setFlagsFromString("--experimental-wasm-relaxed-simd");
  setFlagsFromString("--no-liftoff");
}

const args = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args, env: process.env, returnOnExit: true });
const module = new WebAssembly.Module(readFileSync(args[0]));
process.exitCode = wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));

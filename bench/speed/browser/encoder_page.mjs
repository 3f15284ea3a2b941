// In the page: opens every encoder, then runs them in turn over the same texts.

// Milliseconds that an engine runs before it counts, so that the browser has compiled its code to the end.
const WARM_MS = 400;
// Rounds over all engines, by tokens: a short text takes less time and more of the noise.
const rounds = (tokens) => (tokens <= 32 ? 25 : tokens <= 64 ? 15 : 9);
// Runs of an engine in a round; the first one only fills the caches, which others have used.
const RUNS = 3;
// Runs of a profile.
const PROFILED = 20;
// Where transformers.js finds the onnxruntime that it was made with.
const NESTED = "/npm/@huggingface/transformers/node_modules/onnxruntime-web/dist/";

async function bytes(address) {
  const response = await fetch(address);
  if (!response.ok) {
    throw new Error(`${address}: ${response.status}`);
  }
  return new Uint8Array(await response.arrayBuffer());
}

// One of our builds: for each of its kernels, what opens it from bytes that are in memory.
async function build(name, settings) {
  const load = async (copy) => {
    const module = await import(`/engines/${name}/engine.js?${copy}`);
    return { module, wasm: await module.default() };
  };
  if (name === "candle") {
    const files = ["model.safetensors", "config.json", "tokenizer.json"].map((file) => bytes(`/base/${file}`));
    const [weights, config, tokenizer] = await Promise.all(files);
    const { module, wasm } = await load(0);
    const open = () => new module.Engine(weights, config, tokenizer, settings.max_tokens);
    return [{ name: "candle f32 in WebAssembly", ours: false, wasm, open }];
  }
  const model = await bytes(settings.model);
  const names = (await load(0)).module.kernels();
  // Each kernel in a module of its own, as a page would have it.
  return Promise.all(
    names.map(async (kernel, number) => {
      const { module, wasm } = await load(number);
      const open = () => new module.Engine(model, settings.sha256, number);
      return { name: `Offprint, ${kernel}`, ours: true, wasm, open, start: module.start };
    }),
  );
}

async function own(name, settings) {
  const kernels = await build(name, settings);
  return kernels.map(({ name, ours, open }) => {
    const engine = open();
    const run = ({ text }) => engine.embed(text);
    const profile = ours ? ({ text }) => Array.from(engine.profile(text, PROFILED)) : undefined;
    return { name, ours, run, profile };
  });
}

// onnxruntime-web, given tokens, without pooling: only its own work is measured.
async function onnxruntime(form, name, settings) {
  const ort = await import("/npm/onnxruntime-web/dist/ort.wasm.min.mjs");
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  ort.env.wasm.wasmPaths = "/npm/onnxruntime-web/dist/";
  const session = await ort.InferenceSession.create(await bytes(`/onnx/${form}.onnx`), {
    executionProviders: ["wasm"],
    graphOptimizationLevel: "all",
  });
  return {
    name: `onnxruntime-web ${settings.versions["onnxruntime-web"]}, ${name}`,
    rival: true,
    run: async ({ ids }) => {
      const tensor = (values) => new ort.Tensor("int64", values, [1, ids.length]);
      const { last_hidden_state } = await session.run({
        input_ids: tensor(BigInt64Array.from(ids, BigInt)),
        attention_mask: tensor(new BigInt64Array(ids.length).fill(1n)),
        token_type_ids: tensor(new BigInt64Array(ids.length)),
      });
      return last_hidden_state;
    },
    vector: (hidden) => mean(hidden.data, hidden.dims[2]),
  };
}

// transformers.js as its users call it: a text in, a vector out.
async function transformers(device, dtype, settings) {
  const { env, pipeline } = await import("/npm/@huggingface/transformers/dist/transformers.min.js");
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = "/hub/";
  env.useBrowserCache = false;
  env.backends.onnx.wasm.wasmPaths = NESTED;
  env.backends.onnx.wasm.numThreads = 1;
  env.backends.onnx.wasm.proxy = false;
  const extract = await pipeline("feature-extraction", "encoder", { device, dtype });
  return {
    name: `transformers.js ${settings.versions["@huggingface/transformers"]}, ${dtype}, ${device}`,
    run: async ({ text }) => (await extract(text, { pooling: "mean", normalize: true })).data,
  };
}

async function webgpu(settings) {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter || adapter.info.isFallbackAdapter) {
    throw new Error("none here");
  }
  return transformers("webgpu", "fp32", settings);
}

// The mean of all rows, length one.
function mean(rows, width) {
  const sum = new Float64Array(width);
  rows.forEach((x, at) => (sum[at % width] += x));
  const length = Math.sqrt(sum.reduce((all, x) => all + x * x, 0));
  return Array.from(sum, (x) => x / length);
}

async function timed(engine, text) {
  const start = performance.now();
  const result = await engine.run(text);
  return { ms: performance.now() - start, result };
}

// All engines over all texts.
async function encoders(settings) {
  if (!crossOriginIsolated) {
    throw new Error("the clock is coarse: the page is not isolated");
  }
  const own_ones = await Promise.all(settings.builds.map((name) => own(name, settings)));
  const engines = [
    ...own_ones.flat(),
    await onnxruntime("int8_tensor", "int8 per tensor", settings),
    await onnxruntime("int8_channel", "int8 per channel", settings),
    await transformers("wasm", "q8", settings),
  ];
  const absent = [];
  try {
    engines.push(await webgpu(settings));
  } catch (error) {
    absent.push({ name: "WebGPU", why: error.message });
  }
  for (const engine of engines) {
    engine.lengths = settings.texts.map(() => ({ ms: [], vector: [] }));
  }
  for (const [at, text] of settings.texts.entries()) {
    console.info(`In the browser: ${text.ids.length} tokens`);
    for (const engine of engines) {
      for (let spent = 0; spent < WARM_MS; ) {
        const { ms, result } = await timed(engine, text);
        spent += ms;
        engine.lengths[at].vector = Array.from(engine.vector?.(result) ?? result);
      }
    }
    for (let round = rounds(text.ids.length); round > 0; round--) {
      for (const engine of engines) {
        for (let run = 0; run < RUNS; run++) {
          const { ms } = await timed(engine, text);
          if (run > 0) {
            engine.lengths[at].ms.push(ms);
          }
        }
      }
    }
    for (const engine of engines) {
      engine.lengths[at].parts = engine.profile?.(text) ?? [];
    }
  }
  const rows = engines.map(({ name, ours = false, rival = false, lengths }) => ({ name, ours, rival, lengths }));
  return { engines: rows, absent };
}

// From the model's bytes to the first embedding, in an engine that has only started.
async function first(name, settings) {
  const [{ name: kernel, wasm, open, start: begin }] = await build(name, settings);
  begin?.();
  const start = performance.now();
  open().embed(settings.texts[1].text);
  const ms = performance.now() - start;
  return { name: kernel, ms, memory_bytes: wasm.memory.buffer.byteLength };
}

window.bench = { encoders, first };

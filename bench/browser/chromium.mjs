// Chromium without a driver: commands of the DevTools protocol through a pipe.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Nothing of a visitor's own browser, and no traffic but the page's.
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-extensions",
  "--no-first-run",
  "--no-default-browser-check",
  "--no-proxy-server",
  "--window-size=1280,900",
  "--remote-debugging-pipe",
];

export class Chromium {
  #process;
  #profile;
  #waiting = new Map();
  #n = 0;
  #failed = null;

  // Starts a browser with a profile of its own.
  static async start(program, flags = []) {
    const browser = new Chromium();
    browser.#profile = await mkdtemp(join(tmpdir(), "offprint-bench-"));
    browser.#process = spawn(
      program,
      [...FLAGS, ...flags, `--user-data-dir=${browser.#profile}`, "about:blank"],
      { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
    );
    browser.#process.on("error", (error) => browser.#fail(`${program} does not start: ${error.message}`));
    browser.#process.on("exit", (code) => browser.#fail(`${program} ended (${code})`));
    let rest = Buffer.alloc(0);
    browser.#process.stdio[4].on("data", (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      for (let end; (end = rest.indexOf(0)) >= 0; rest = rest.subarray(end + 1)) {
        browser.#take(JSON.parse(rest.subarray(0, end).toString()));
      }
    });
    browser.#process.stdio[3].on("error", () => {});
    return browser;
  }

  // Name and version.
  async version() {
    return (await this.send("Browser.getVersion")).product;
  }

  // Opens a page and gives what commands to it need; what it says by `console.info` goes to standard error.
  // What is under way in a page that crashes, or takes longer than it may, fails.
  async open(address, before = "") {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const send = (method, parameters) => this.send(method, parameters, sessionId);
    await send("Inspector.enable");
    await send("Page.enable");
    await send("Runtime.enable");
    if (before) {
      await send("Page.addScriptToEvaluateOnNewDocument", { source: before });
    }
    await send("Page.navigate", { url: address });
    const evaluate = async (expression, seconds = Infinity) => {
      const answer = send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
      const { result, exceptionDetails } = await within(seconds, answer);
      if (exceptionDetails) {
        throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
      }
      return result.value;
    };
    // Waits until the expression is true in the page.
    const until = async (what, expression, seconds = 60) => {
      const end = Date.now() + seconds * 1e3;
      for (let found = false; !found; ) {
        // While the page is being replaced there is nothing to ask.
        found = await evaluate(expression).catch(() => false);
        if (!found && Date.now() > end) {
          throw new Error(`waited ${seconds} s in vain until ${what}`);
        }
        if (!found) {
          await sleep(20);
        }
      }
    };
    // A page that is at work may not notice that it is to end: nobody waits for it.
    const close = () => within(10, this.send("Target.closeTarget", { targetId })).catch(() => {});
    return { send, evaluate, until, close };
  }

  send(method, params = {}, sessionId = undefined) {
    if (this.#failed) {
      return Promise.reject(new Error(this.#failed));
    }
    const id = ++this.#n;
    this.#process.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + "\0");
    return new Promise((resolve, reject) => this.#waiting.set(id, { method, sessionId, resolve, reject }));
  }

  // Ends the browser and removes its profile.
  async close() {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#failed = "it was closed";
    this.#process.stdio[3].write(JSON.stringify({ id: ++this.#n, method: "Browser.close" }) + "\0");
    const late = setTimeout(() => this.#process.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(late);
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  #take({ id, result, error, method, params, sessionId }) {
    if (method === "Inspector.targetCrashed") {
      for (const [id, waiting] of this.#waiting) {
        if (waiting.sessionId === sessionId) {
          this.#waiting.delete(id);
          waiting.reject(new Error("its page crashed"));
        }
      }
      return;
    }
    if (method === "Runtime.consoleAPICalled" && params.type === "info") {
      process.stderr.write(`${params.args.map(({ value }) => value).join(" ")}\n`);
    }
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) {
      waiting?.reject(new Error(`the browser refuses ${waiting.method}: ${error.message}`));
    } else {
      waiting?.resolve(result);
    }
  }

  #fail(why) {
    this.#failed ??= why;
    for (const { method, reject } of this.#waiting.values()) {
      reject(new Error(`${why}, while ${method} was under way`));
    }
    this.#waiting.clear();
  }
}

// The promise, as long as it keeps itself within so many seconds.
function within(seconds, promise) {
  if (seconds === Infinity) {
    return promise;
  }
  let late;
  const limit = new Promise((_resolve, reject) => {
    late = setTimeout(() => reject(new Error(`it took more than ${seconds} s`)), seconds * 1e3);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(late));
}

export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

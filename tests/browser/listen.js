// Runs before the page's own scripts, in every document: writes down what the policy refuses and
// what goes wrong, in the page and in the engine's worker, and gives tests a way into the worker.
//
// The worker starts from a blob of a few lines. This adds a few more to it, so that they run where
// the engine runs and under the policy that binds it.
(() => {
  "use strict";
  if (!location.protocol.startsWith("http")) {
    return;
  }
  const KEY = "offprint-tests-seen";
  const CHANNEL = "offprint-tests";

  // What was seen outlives a reload.
  const note = (line) => {
    const seen = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    sessionStorage.setItem(KEY, JSON.stringify([...seen, line]));
  };

  // Tries what the policy forbids, and one thing that it allows. `null` is a success.
  async function attempt(own, foreign) {
    const tries = {
      "own file": async () => (await fetch(own)).text(),
      "foreign fetch": () => fetch(foreign),
      "foreign module": () => import(foreign),
      eval: () => (0, eval)("1"),
      "new Function": () => new Function("return 1")(),
    };
    // The debugger may lift the policy for its own call, never for a later task.
    await new Promise((resolve) => setTimeout(resolve));
    const outcome = {};
    for (const [name, run] of Object.entries(tries)) {
      try {
        await run();
        outcome[name] = null;
      } catch (error) {
        outcome[name] = String(error);
      }
    }
    return outcome;
  }

  function inWorker(name, attempt) {
    const channel = new BroadcastChannel(name);
    const note = (line) => channel.postMessage({ note: "worker: " + line });
    addEventListener("securitypolicyviolation", (event) =>
      note(`refused ${event.effectiveDirective} ${event.blockedURI}`)
    );
    addEventListener("error", (event) => note("error " + event.message));
    const error = console.error;
    console.error = (...parts) => {
      note("error " + parts.join(" "));
      error(...parts);
    };
    channel.onmessage = async ({ data }) => {
      if (data.attempt) {
        const outcome = await attempt(...data.attempt);
        channel.postMessage({ outcome });
      }
    };
  }

  const channel = new BroadcastChannel(CHANNEL);
  let answered = () => {};
  channel.onmessage = ({ data }) => ("note" in data ? note(data.note) : answered(data));
  addEventListener("securitypolicyviolation", (event) =>
    note(`page: refused ${event.effectiveDirective} ${event.blockedURI}`)
  );
  window.offprintTests = {
    seen: () => JSON.parse(sessionStorage.getItem(KEY) ?? "[]"),
    forget: () => sessionStorage.removeItem(KEY),
    inPage: attempt,
    inWorker: (...addresses) =>
      new Promise((resolve) => {
        answered = ({ outcome }) => resolve(outcome);
        channel.postMessage({ attempt: addresses });
      }),
  };

  const Plain = window.Blob;
  window.Blob = class Blob extends Plain {
    constructor(parts = [], options = {}) {
      const isEngine = parts.some((part) => String(part).includes("import init from"));
      const added = `\n(${inWorker})(${JSON.stringify(CHANNEL)}, ${attempt});\n`;
      super(isEngine ? [...parts, added] : parts, options);
    }
  };
})();

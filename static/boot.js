// Before the page is alive: theme, a check of the browser, then the app's own module.
//
// A classic script in the head, so that it runs before the first paint and even where modules are
// unknown. What it needs stands in its own tag (see `pattern_script` in Trunk.toml).
(function () {
  "use strict";

  var tag = document.currentScript;
  var js = new URL(tag.dataset.js, document.baseURI).href;
  var wasm = new URL(tag.dataset.wasm, document.baseURI).href;

  try {
    var theme = localStorage.getItem("offprint-theme");
    if (theme === "light" || theme === "dark") {
      document.documentElement.setAttribute("data-theme", theme);
    }
  } catch (refused) {
    // No storage in this window: the system's theme stays.
  }

  var parsed = new Promise(function (resolve) {
    if (document.readyState === "loading") {
      document.addEventListener("DOMContentLoaded", resolve);
    } else {
      resolve();
    }
  });

  // Shows why the page cannot start, in the shell, without any of the app's code.
  function explain(text) {
    parsed.then(function () {
      var place = document.getElementById("boot-message");
      if (place) {
        place.textContent = text;
        place.setAttribute("role", "alert");
        place.setAttribute("data-testid", "boot-failed");
      }
    });
  }

  // A module with one function of SIMD instructions: splat, then popcount of bytes.
  function hasSimd() {
    return (
      typeof WebAssembly === "object" &&
      WebAssembly.validate(
        new Uint8Array([
          0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0,
          253, 15, 253, 98, 11,
        ])
      )
    );
  }

  // As above, with a relaxed dot product of bytes: the instruction that the faster engine is for.
  function hasRelaxedSimd() {
    return WebAssembly.validate(
      new Uint8Array([
        0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0, 65, 0,
        253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 147, 2, 11,
      ])
    );
  }

  // A browser that knows module workers reads the option's `type`; others never ask.
  function hasModuleWorkers() {
    var asked = false;
    var options = {
      get type() {
        asked = true;
        return "module";
      },
    };
    try {
      var address = URL.createObjectURL(new Blob([""], { type: "text/javascript" }));
      new Worker(address, options).terminate();
      URL.revokeObjectURL(address);
    } catch (refused) {
      return false;
    }
    return asked;
  }

  parsed.then(function () {
    // What the link says stands in the box at once; what is typed meanwhile is left alone.
    var box = document.getElementById("q");
    var asked = new URLSearchParams(location.search).get("q");
    if (box && asked && !box.value) {
      box.value = asked;
    }
    // The app answers as soon as it is alive; until then Enter must not load the page anew.
    if (box && box.form) {
      box.form.addEventListener("submit", function (event) {
        event.preventDefault();
      });
    }
  });

  if (!hasSimd() || !hasModuleWorkers()) {
    explain(
      "This browser is too old for Offprint: it lacks WebAssembly SIMD or module workers. " +
        "Chrome or Edge 91, Firefox 114, Safari 16.4 and later have both."
    );
    return;
  }

  // The app starts the first engine that the shell names; one unknown instruction would make the
  // browser refuse all of it.
  if (!hasRelaxedSimd()) {
    var relaxed = document.querySelector("meta[name=offprint-engine-relaxed]");
    if (relaxed) {
      relaxed.remove();
    }
  }

  Promise.all([import(js), parsed])
    .then(function (loaded) {
      return loaded[0].default({ module_or_path: wasm });
    })
    .catch(function (error) {
      console.error(error);
      explain("Offprint could not start: " + error.message + ". Reload the page to try again.");
    });

  // Keeps the page itself for offline use. Only release builds name a service worker; others
  // remove one that an earlier release left at this address.
  if ("serviceWorker" in navigator) {
    var workers = navigator.serviceWorker;
    var named = document.querySelector("meta[name=offprint-service-worker]");
    if (named) {
      addEventListener("load", function () {
        workers.register(named.content, { updateViaCache: "none" }).catch(function (refused) {
          console.warn("the page is not kept for offline use:", refused);
        });
      });
    } else {
      workers
        .getRegistration("./")
        .then(function (old) {
          return old && old.unregister();
        })
        .catch(function () {});
    }
  }
})();

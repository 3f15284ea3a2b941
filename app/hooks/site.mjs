// What the shell says of its site, from the manifest, and which files belong to what: pure functions,
// tested by site.test.mjs.

// There while index-builder has not finished a build; it names files of the machine that builds.
export const UNFINISHED = "unfinished.txt";

// Replaces exactly what must be there; anything else means that the text has changed.
export function replace(text, found, by, where) {
  if (!text.includes(found)) {
    throw new Error(`${where} does not contain ${found}: has it changed?`);
  }
  // As a function: in a text, `$&` and its kind would have a meaning.
  return text.replaceAll(found, () => by);
}

export function escapeHtml(text) {
  const signs = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (sign) => signs[sign]);
}

// The shell under the site's own name, wherever it stands before the app is alive.
export function nameSite(page, site) {
  if (!site) {
    return page;
  }
  const title = escapeHtml(site.title);
  const places = [
    ["<title>Offprint: ", `<title>${title}: `],
    ['<meta name="application-name" content="Offprint">', `<meta name="application-name" content="${title}">`],
    ['<a class="brand" href="./">Offprint</a>', `<a class="brand" href="./">${title}</a>`],
  ];
  for (const [found, by] of places) {
    page = replace(page, found, by, "index.html");
  }
  if (site.description) {
    const described = /<meta name="description" content="[^"]*">/;
    if (!described.test(page)) {
      throw new Error("index.html has no description: has it changed?");
    }
    page = page.replace(described, () => `<meta name="description" content="${escapeHtml(site.description)}">`);
  }
  return page;
}

// Adds a tag behind the title.
export function addMeta(page, name, content) {
  const tag = `<meta name="${name}" content="${escapeHtml(content)}">`;
  return replace(page, "</title>", `</title>\n${tag}`, "index.html");
}

// Names the feeds of a build, so that readers of feeds find them.
export function addFeeds(page, feeds) {
  const tags = feeds.map(({ file, title }) =>
    `<link rel="alternate" type="application/atom+xml" title="${escapeHtml(title)}" href="artifacts/${escapeHtml(file)}">`
  );
  return replace(page, "</title>", ["</title>", ...tags].join("\n"), "index.html");
}

// Which of the artifacts' files belong to the site: not what a build needs only until it is finished.
export function isPublished(name) {
  return !name.startsWith(".") && !name.startsWith("graph-") && name !== UNFINISHED;
}

// Which of a build's files the service worker keeps: those of the page beside index.html itself.
// Artifacts are the engine's to keep, and the book is read online.
export function isOfShell(name) {
  const elsewhere = ["artifacts/", "book/"].some((folder) => name.startsWith(folder));
  return /\.(js|wasm|css|woff2|svg)$/.test(name) && !elsewhere && name !== "sw.js";
}

// Run by `cargo xtask test`: node --test app/hooks/site.test.mjs

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { addFeeds, addMeta, escapeHtml, isOfShell, isPublished, nameSite, replace } from "./site.mjs";

const shell = readFileSync(new URL("../../static/index.html", import.meta.url), "utf8");

test("a title stands in every place of the shell, escaped", () => {
  const page = nameSite(shell, { title: `Tests & <"trials"> $& $1`, description: `Lab's "$&" <b>` });
  const title = "Tests &amp; &lt;&quot;trials&quot;&gt; $&amp; $1";
  assert.ok(page.includes(`<title>${title}: search papers by words and meaning</title>`));
  assert.ok(page.includes(`<meta name="application-name" content="${title}">`));
  assert.ok(page.includes(`<a class="brand" href="./">${title}</a>`));
  assert.ok(page.includes('<meta name="description" content="Lab&#39;s &quot;$&amp;&quot; &lt;b&gt;">'));
  assert.ok(!page.includes("<b>"));
});

test("without a site the shell stays as it is, and without a description its own", () => {
  assert.equal(nameSite(shell, undefined), shell);
  const page = nameSite(shell, { title: "Lab" });
  const described = /<meta name="description" content="[^"]*">/;
  assert.equal(page.match(described)[0], shell.match(described)[0]);
});

test("a shell that has changed is noticed", () => {
  assert.throws(() => nameSite("<title>Other</title>", { title: "Lab" }), /has it changed/);
  const noDescription = shell.replace('name="description"', 'name="other"');
  assert.throws(() => nameSite(noDescription, { title: "Lab", description: "x" }), /no description/);
  assert.throws(() => replace("a", "b", "c", "here"), /here does not contain b/);
});

test("a tag goes behind the title", () => {
  const page = addMeta("<title>a</title>", "offprint-book", 'b"');
  assert.equal(page, '<title>a</title>\n<meta name="offprint-book" content="b&quot;">');
  assert.equal(escapeHtml("plain"), "plain");
});

test("feeds are named in the head, escaped", () => {
  const page = addFeeds(shell, [{ file: "feed-a.xml", title: `A "$&" <b>` }, { file: "feed-b.xml", title: "B" }]);
  const links = [...page.matchAll(/<link rel="alternate" type="application\/atom\+xml"[^>]*>/g)].map(([link]) => link);
  assert.deepEqual(links, [
    '<link rel="alternate" type="application/atom+xml" title="A &quot;$&amp;&quot; &lt;b&gt;" href="artifacts/feed-a.xml">',
    '<link rel="alternate" type="application/atom+xml" title="B" href="artifacts/feed-b.xml">',
  ]);
  assert.equal(addFeeds(shell, []), shell);
});

test("the service worker keeps the page, neither artifacts nor book nor itself", () => {
  const kept = ["app-1.js", "app-1_bg.wasm", "style-1.css", "fonts/a.woff2", "icon.svg"];
  assert.deepEqual(kept.filter(isOfShell), kept);
  const others = ["artifacts/x.js", "book/book.js", "book/css/a.css", "sw.js", "index.html", "fonts/OFL.txt"];
  assert.deepEqual(others.filter(isOfShell), []);
});

test("what a build needs only until it is finished is not published", () => {
  const published = ["manifest.json", "feeds.json", "feed-spin-glasses.xml", "model-0123456789abcdef.bin", "abstracts-0123456789abcdef.bin"];
  assert.deepEqual(published.filter(isPublished), published);
  const others = ["unfinished.txt", "graph-0123456789abcdef.bin", ".lock", ".manifest.json.7-0.tmp", ".DS_Store"];
  assert.deepEqual(others.filter(isPublished), []);
});

test("no page is built from artifacts that are missing or unfinished", () => {
  const artifacts = mkdtempSync(join(tmpdir(), "offprint-hook-"));
  const hook = fileURLToPath(new URL("check_artifacts.mjs", import.meta.url));
  const env = { ...process.env, OFFPRINT_ARTIFACTS: artifacts };
  const check = () => spawnSync(process.execPath, [hook], { env, encoding: "utf8" });
  try {
    const missing = check();
    assert.equal(missing.status, 1);
    assert.match(missing.stderr, /manifest\.json is missing.*\nrun: cargo xtask artifacts/);
    writeFileSync(join(artifacts, "manifest.json"), "{}");
    assert.equal(check().status, 0);
    // A new build was interrupted over the finished one.
    writeFileSync(join(artifacts, "unfinished.txt"), "papers.jsonl\n");
    const unfinished = check();
    assert.equal(unfinished.status, 1);
    assert.match(unfinished.stderr, /unfinished build[^]*cargo xtask artifacts[^]*--resume/);
  } finally {
    rmSync(artifacts, { recursive: true });
  }
});

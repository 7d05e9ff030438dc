// `overt clean` as a browser sees it. Protected mails make no request whatever they try, also without the second wall that
// they bring (a content security policy, which is taken out here); mails cleaned as `html` look as they looked.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startBrowser } from "./demo.js";

const BINARY = process.env.OVERT_BIN ?? new URL("../../../../target/debug/overt", import.meta.url).pathname;
const CASES = new URL("../../../guard/tests/cases/", import.meta.url).pathname;
const SHOTS = process.env.OVERT_SHOTS;
const NAMES = readdirSync(CASES).filter((name) => name.endsWith(".eml")).map((name) => name.slice(0, -4));
const starting = (...starts) => NAMES.filter((name) => starts.some((start) => name.startsWith(start)));
/** Signed, encrypted or in doubt: they stay as they came, and `overt clean` says so. */
const LEFT = new Set(["whole-smime-signed", "whole-pgp-encrypted", "whole-inline-pgp", "whole-ambiguous"]);

let browser;
before(async () => { browser = await startBrowser(); });
after(async () => { await browser?.close(); });

/** The HTML parts of a mail that are shown, those of mails inside it left out: they stay as they are. By Python's `email`, which shares nothing with what is tested. */
function html(mail) {
  const script = [
    "import email, email.policy, json, sys",
    "mail = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.compat32)",
    "def text(part):",
    "    data = part.get_payload(decode=True)",
    "    try: return data.decode(part.get_content_charset() or 'utf-8', 'replace')",
    "    except LookupError: return data.decode('latin-1')",
    "shown = lambda part: part.get_content_type() in ('text/html', 'text/x-amp-html') and part.get_content_disposition() != 'attachment'",
    "def walk(part):",
    "    yield part",
    "    if part.get_content_maintype() == 'multipart':",
    "        for inner in part.get_payload(): yield from walk(inner)",
    "sys.stdout.buffer.write(json.dumps([text(p) for p in walk(mail) if shown(p)]).encode())",
  ].join("\n");
  return JSON.parse(execFileSync("python3", ["-c", script], { input: mail, encoding: "utf8", maxBuffer: 1 << 26 }));
}

const original = (name) => readFileSync(join(CASES, `${name}.eml`));
const cleaned = (name, mode) => execFileSync(BINARY, ["clean", "--mode", mode], { input: original(name), maxBuffer: 1 << 26 });

/** What a page asks for, with scripts running, which no mail program allows: the worst that can be. */
async function requests(text) {
  const context = await browser.newContext({ viewport: { width: 800, height: 600 } });
  const asked = [];
  // The page comes from somewhere, so that relative addresses would lead there.
  await context.route("**/*", (route) => {
    const url = route.request().url();
    if (url === "https://mail.invalid/") return route.fulfill({ contentType: "text/html; charset=utf-8", body: text });
    asked.push(url);
    return route.abort();
  });
  const page = await context.newPage();
  page.on("dialog", (dialog) => dialog.dismiss());
  await page.goto("https://mail.invalid/", { waitUntil: "load" });
  // Fonts and pictures of a style are asked for once they are needed.
  await page.evaluate(() => { document.body.offsetHeight; return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))); });
  await context.close();
  return asked;
}

const withoutWall = (text) => text.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/g, "");

test("the cases are there, and as they came they ask", async () => {
  assert.ok(starting("vector-").length >= 35, `${starting("vector-").length} vectors`);
  let asking = 0;
  for (const name of starting("vector-")) {
    const asked = [];
    for (const text of html(original(name))) asked.push(...(await requests(text)));
    asking += asked.length > 0 ? 1 : 0;
  }
  // Some only old browsers and Outlook obey.
  assert.ok(asking >= 20, `${asking} of the mails ask for something`);
});

for (const name of NAMES.filter((name) => !LEFT.has(name))) {
  test(`r_gw_02 a protected mail asks for nothing: ${name}`, async () => {
    for (const text of html(cleaned(name, "protect"))) {
      assert.match(text, /<meta http-equiv="Content-Security-Policy"|^\s*$/);
      assert.deepEqual(await requests(withoutWall(text)), [], text);
    }
    assert.deepEqual(html(cleaned(name, "text")).filter((text) => text.trim()), [], "no HTML is left");
  });
}

async function picture(text, shot) {
  const context = await browser.newContext({ viewport: { width: 800, height: 600 }, javaScriptEnabled: false });
  // Pictures are grey boxes of one size, those that nobody sees excepted: a beacon is what it is on the web.
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40"><rect width="60" height="40" fill="#888"/></svg>';
  const gif = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");
  await context.route(/^https?:/, (route) => {
    const seen = /www\.shop\.example|gallery\.|cdn\.shop/.test(route.request().url());
    return seen ? route.fulfill({ contentType: "image/svg+xml", body: svg }) : route.fulfill({ contentType: "image/gif", body: gif });
  });
  const page = await context.newPage();
  await page.setContent(text, { waitUntil: "load" });
  const pixels = await page.screenshot({ fullPage: true, ...(SHOTS && shot ? { path: join(SHOTS, `${shot}.png`) } : {}) });
  await context.close();
  return pixels;
}

for (const name of starting("innocent-", "vendor-litmus", "vendor-se", "vendor-overt", "beacon-hidden", "beacon-background", "whole-related")) {
  test(`a mail cleaned as html looks as it looked: ${name}`, async () => {
    const [before, after] = [html(original(name)), html(cleaned(name, "html"))];
    assert.equal(after.length, before.length);
    for (const [at, text] of before.entries()) {
      const [old, now] = [await picture(text, `guard-${name}-before`), await picture(after[at], `guard-${name}-after`)];
      assert.ok(old.equals(now), `the pictures differ: ${name}`);
    }
  });
}

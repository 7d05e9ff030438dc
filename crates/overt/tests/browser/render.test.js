// Chromium shows an instrumented mail as it shows the original, pixel for pixel, once the line and the declared image
// are hidden again.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startBrowser } from "./demo.js";

const BINARY = process.env.OVERT_BIN ?? new URL("../../../../target/debug/overt", import.meta.url).pathname;
const CASES = new URL("../../../mail/tests/cases/", import.meta.url).pathname;
const SHOTS = process.env.OVERT_SHOTS;
const ORIGIN = "https://sample.invalid";
/** What was put in. */
const LINE = `div:has(> a[href^="${ORIGIN}/p/"])`;
const OURS = `img[src^="${ORIGIN}/o/"], ${LINE}`;

/** Mails of every kind that the cases hold: encodings, charsets, places, links, structures. */
const MAILS = [
  "charset-big5", "charset-euc-kr", "charset-gb18030", "charset-iso-2022-jp", "charset-koi8-r", "charset-shift-jis",
  "charset-utf-16le-base64", "charset-windows-1252", "charset-windows-1256-arabic",
  "html-7bit-ascii", "html-8bit-latin1", "html-base64-utf8", "encoding-binary-long-lines",
  "link-area", "link-around-blocks", "link-attribute-noise", "link-entities", "link-mso-forms", "link-quoting", "link-svg",
  "link-vml-button", "link-nested-and-unclosed", "link-many-same", "link-url-standard",
  "place-apple-reply", "place-body-with-attributes", "place-doctype-comment-xml", "place-fragment", "place-gmail-reply",
  "place-hidden-preheader", "place-longer-than-gmail-shows", "place-outlook-reply", "place-rtl", "place-table-not-closed",
  "place-thunderbird-reply", "place-unclosed-comment", "qp-soft-break-inside-entity-and-tag", "qp-overlong-lines",
  "structure-nested-mixed-alternative-related", "structure-related-cid-image",
];

let browser, folder;
before(async () => {
  browser = await startBrowser();
  folder = mkdtempSync(join(tmpdir(), "overt-render-"));
});
after(async () => {
  await browser?.close();
  if (folder) rmSync(folder, { recursive: true });
});

/** The HTML of a mail, by Python's `email`, which shares nothing with what is tested. */
function html(file) {
  const script = [
    "import email, email.policy, sys",
    "mail = email.message_from_bytes(open(sys.argv[1], 'rb').read(), policy=email.policy.compat32)",
    "part = next(p for p in mail.walk() if p.get_content_type() == 'text/html')",
    "data = part.get_payload(decode=True)",
    "charset = part.get_content_charset() or 'utf-8'",
    "try: text = data.decode(charset, 'replace')",
    "except LookupError: text = data.decode('latin-1')",
    "sys.stdout.buffer.write(text.encode())",
  ].join("\n");
  return execFileSync("python3", ["-c", script, file], { encoding: "utf8", maxBuffer: 1 << 26 });
}

function instrumented(name) {
  const out = join(folder, name);
  execFileSync(BINARY, ["instrument", "--sample", "--to", "ada@reader.example", "--out", out], {
    input: readFileSync(join(CASES, `${name}.eml`)),
  });
  return join(out, "1.eml");
}

async function picture(page, text, hidden, shot) {
  await page.setContent(text);
  const found = await page.locator(OURS).count();
  if (SHOTS && shot) await page.screenshot({ path: join(SHOTS, `${shot}.png`), fullPage: true });
  // Visited or not, focused or not: only what the mail itself says.
  if (hidden) await page.addStyleTag({ content: `${LINE} { display: none !important }` });
  return { found, pixels: await page.screenshot({ fullPage: true }) };
}

test("the cases are there", () => {
  const there = new Set(readdirSync(CASES));
  assert.deepEqual(MAILS.filter((name) => !there.has(`${name}.eml`)), []);
  assert.ok(MAILS.length >= 30);
});

for (const name of MAILS) {
  test(`Chromium shows no difference but the line: ${name}`, async () => {
    const context = await browser.newContext({ viewport: { width: 800, height: 600 }, javaScriptEnabled: true });
    // Pictures are grey boxes of one size: nothing leaves this machine.
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40"><rect width="60" height="40" fill="#888"/></svg>';
    await context.route(/^https?:/, (route) => route.fulfill({ contentType: "image/svg+xml", body: svg }));
    // Ours is as the tracker answers it: there, and seen by nobody.
    const gif = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");
    await context.route(`${ORIGIN}/**`, (route) => route.fulfill({ contentType: "image/gif", body: gif }));
    const page = await context.newPage();
    const original = await picture(page, html(join(CASES, `${name}.eml`)), false, SHOTS && `render-${name}-original`);
    const copy = await picture(page, html(instrumented(name)), true, SHOTS && `render-${name}-copy`);
    await context.close();
    assert.equal(original.found, 0);
    assert.ok(copy.found >= 1, "the line is there");
    if (!original.pixels.equals(copy.pixels)) {
      for (const [side, { pixels }] of Object.entries({ original, copy })) writeFileSync(join(tmpdir(), `overt-render-${name}-${side}.png`), pixels);
      assert.fail(`the pictures differ: ${tmpdir()}/overt-render-${name}-*.png`);
    }
  });
}

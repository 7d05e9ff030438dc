// Chromium shows an instrumented mail as it shows the original, pixel for pixel, once the line and the declared image
// are hidden again; and what was put in is declared and can be read, by light and by dark.
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
  "charset-big5", "charset-euc-kr", "charset-gb18030", "charset-iso-2022-jp", "charset-iso-2022-jp-back-to-roman", "charset-koi8-r", "charset-shift-jis",
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

function instrumented(name, input = readFileSync(join(CASES, `${name}.eml`))) {
  const out = join(folder, name);
  execFileSync(BINARY, ["instrument", "--sample", "--to", "ada@reader.example", "--out", out], { input });
  return join(out, "1.eml");
}

/** Runs in the page: what a person sees of what was put in, and of what they are told about it. */
function declared([image, line]) {
  const channel = (c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
  const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = numbers(colour).map(channel);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const [, , , alpha = 1] = numbers(getComputedStyle(at).backgroundColor);
      if (alpha === 1) return getComputedStyle(at).backgroundColor;
    }
    return "rgb(255, 255, 255)";
  };
  const text = (element) => {
    const style = getComputedStyle(element);
    const [a, b] = [style.color, ground(element)].map(luminance).sort((a, b) => b - a);
    return { size: parseFloat(style.fontSize), contrast: (a + 0.05) / (b + 0.05), ...shown(element) };
  };
  const shown = (element) => {
    const { display, visibility, opacity } = getComputedStyle(element);
    const { width, height } = element.getBoundingClientRect();
    return { display, visibility, opacity, width, height };
  };
  const [picture, sentence] = [document.querySelector(image), document.querySelector(line)];
  return {
    image: { ...shown(picture), alt: picture.alt, hidden: picture.closest("[hidden], [aria-hidden=true]") !== null },
    texts: [text(sentence), text(sentence.querySelector("a"))],
    words: sentence.innerText,
  };
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

/** What senders do to be read by dark: colours of their own, and some insist on them. */
const DARK = ["", "!important"].map((insists) => [
  `dark-style${insists && "-that-insists"}`,
  "From: Ann <ann@sender.example>\r\nTo: ada@reader.example\r\nSubject: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" +
    `<html><head><meta name="color-scheme" content="light dark"><style>@media (prefers-color-scheme: dark) {
    body { background: #111 ${insists} } body, div, p, td { color: #eee ${insists} } a { color: #8ab4f8 ${insists} } }</style></head>
    <body><p>Good evening, <a href="https://shop.example/">look</a>.</p></body></html>\r\n`,
]);
const READ = [...DARK, ...["html-7bit-ascii", "place-body-with-attributes", "place-hidden-preheader", "place-rtl"].map((name) => [name])];

for (const [name, mail] of READ) {
  test(`r_mode_22_the_image_is_declared_and_the_line_can_be_read: ${name}`, async () => {
    const text = html(instrumented(name, mail));
    for (const colorScheme of ["light", "dark"]) {
      const context = await browser.newContext({ viewport: { width: 390, height: 800 }, colorScheme });
      await context.route(/^https?:/, (route) => route.abort());
      const page = await context.newPage();
      await page.setContent(text);
      if (SHOTS) await page.screenshot({ path: join(SHOTS, `declared-${name}-${colorScheme}.png`) });
      const { image, texts, words } = await page.evaluate(declared, [`img[src^="${ORIGIN}/o/"]`, LINE]);
      await context.close();
      // There, seen by screen readers, and it says what it is for.
      assert.notEqual(image.display, "none");
      assert.deepEqual([image.visibility, image.opacity, image.hidden], ["visible", "1", false], colorScheme);
      assert.match(image.alt, /^Tells .+ that this mail was opened$/);
      assert.match(words, / learns /);
      for (const { size, contrast, display, visibility, opacity, width, height } of texts) {
        assert.ok(size >= 11, `${size} px by ${colorScheme}`);
        assert.ok(contrast >= 4.5, `contrast ${contrast} by ${colorScheme}`);
        assert.notEqual(display, "none");
        assert.deepEqual([visibility, opacity], ["visible", "1"]);
        assert.ok(width > 50 && height >= 11);
      }
    }
  });
}

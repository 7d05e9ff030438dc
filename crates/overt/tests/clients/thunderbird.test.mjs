// Thunderbird shows an instrumented mail as it shows the original, pixel for pixel, once the line is hidden again.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Thunderbird } from "./thunderbird.mjs";

const BINARY = process.env.OVERT_BIN ?? new URL("../../../../target/debug/overt", import.meta.url).pathname;
const CASES = new URL("../../../mail/tests/cases/", import.meta.url).pathname;
const SHOTS = process.env.OVERT_SHOTS;
const ORIGIN = "https://sample.invalid";
/** The line that was put in. */
const LINE = `div:has(> a[href^="${ORIGIN}/p/"])`;

/** Mails of every kind that the cases hold: encodings, charsets, places, links, structures. */
const MAILS = [
  "charset-big5", "charset-euc-kr", "charset-gb18030", "charset-iso-2022-jp", "charset-iso-2022-jp-back-to-roman", "charset-koi8-r", "charset-shift-jis",
  "charset-windows-1252", "charset-windows-1256-arabic",
  "html-7bit-ascii", "html-8bit-latin1", "html-base64-utf8", "encoding-binary-long-lines",
  "link-area", "link-around-blocks", "link-attribute-noise", "link-entities", "link-mso-forms", "link-quoting", "link-svg",
  "link-vml-button", "link-nested-and-unclosed", "link-many-same", "link-url-standard",
  "place-apple-reply", "place-body-with-attributes", "place-doctype-comment-xml", "place-fragment", "place-gmail-reply",
  "place-hidden-preheader", "place-outlook-reply", "place-rtl", "place-table-not-closed",
  "place-thunderbird-reply", "place-unclosed-comment", "qp-soft-break-inside-entity-and-tag", "qp-overlong-lines",
  "structure-nested-mixed-alternative-related", "structure-related-cid-image",
];

let thunderbird, folder;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "overt-thunderbird-mails-"));
  thunderbird = await Thunderbird.start();
}, { timeout: 120_000 });
after(async () => {
  await thunderbird?.close();
  if (folder) rmSync(folder, { recursive: true });
});

function instrumented(name) {
  const out = join(folder, name);
  execFileSync(BINARY, ["instrument", "--sample", "--to", "ada@reader.example", "--out", out], {
    input: readFileSync(join(CASES, `${name}.eml`)),
  });
  return join(out, "1.eml");
}

test("there are thirty mails and more", () => assert.ok(MAILS.length >= 30));

for (const name of MAILS) {
  test(`Thunderbird shows no difference but the line: ${name}`, { timeout: 120_000 }, async () => {
    const original = await thunderbird.show(join(CASES, `${name}.eml`), LINE);
    const copy = await thunderbird.show(instrumented(name), LINE);
    if (SHOTS) {
      for (const [side, { png }] of Object.entries({ original, copy })) writeFileSync(join(SHOTS, `thunderbird-${name}-${side}.png`), png, "base64");
    }
    assert.equal(original.found, 0);
    assert.ok(copy.found >= 1, "the line is there");
    assert.ok(original.png === copy.png, "the pictures differ; OVERT_SHOTS=FOLDER keeps them");
  });
}

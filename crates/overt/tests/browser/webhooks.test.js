// Webhooks from the point of view of whoever enters one: the address, the secret, the log, and a receiver that fails.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { axe, person, shot, signIn, startBrowser, startDemo } from "./demo.js";

let demo, browser, receiver;
/** What the receiver answers next; 200 when that is used up. */
const script = [];
const seen = [];

before(async () => {
  receiver = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    seen.push({ headers: request.headers, body });
    response.writeHead(script.shift() ?? 200).end();
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  [demo, browser] = await Promise.all([startDemo(), startBrowser()]);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
  receiver.closeAllConnections();
  receiver.close();
});

/** The page in the four ways that people see it, each without findings of axe. */
async function look(page, name) {
  for (const colorScheme of ["light", "dark"]) {
    for (const [device, width] of [["desktop", 1280], ["phone", 390]]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      assert.deepEqual(await axe(page), [], `${name} ${colorScheme} ${device}`);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wider <= 0, `${name} on a ${device} is wider than its screen by ${wider}`);
      await shot(page, `webhooks-${name}-${device}-${colorScheme}`);
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 });
}

/** Loads the page again until it says so. */
async function says(page, text) {
  const there = page.locator("#log").getByText(text).first();
  for (let attempt = 0; attempt < 120 && !(await there.isVisible()); attempt++) {
    await page.waitForTimeout(250);
    await page.reload();
  }
  await there.waitFor({ timeout: 1000 });
}

test("a webhook is entered, tested, mended, and hears of a withdrawal", async () => {
  const context = await person(browser);
  const page = await context.newPage();
  await signIn(page, demo);
  await page.goto(`${demo.dashboard}/settings`);
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Webhooks" }).click();
  await page.getByText("None yet.").waitFor();
  await look(page, "empty");

  await page.getByLabel("Address").fill("https://169.254.169.254/latest/");
  await page.getByRole("button", { name: "Enter it" }).click();
  await page.getByRole("alert").waitFor();
  await look(page, "refused");

  await page.getByLabel("Address").fill(`http://127.0.0.1:${receiver.address().port}/hook`);
  await page.getByLabel("What it is for").fill("Our CRM");
  await page.getByLabel("was opened by a person").check();
  await page.getByRole("button", { name: "Enter it" }).click();
  const secret = await page.locator(".secret code").innerText();
  assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  await look(page, "entered");

  script.push(500);
  await page.getByRole("button", { name: "Send a test event" }).click();
  await page.waitForURL(/\/settings\/webhooks\/.+/);
  assert.equal(await page.locator(".secret").filter({ hasText: "whsec_" }).count(), 0, "the secret is shown once");
  await says(page, "answered 500");
  await look(page, "failing");
  await page.goto(`${demo.dashboard}/settings/webhooks`);
  await look(page, "list");
  await page.getByRole("link", { name: "Our CRM" }).click();
  await says(page, /\bTaken\b/); // "Not taken yet" is what it said before.
  const [first, second] = seen;
  assert.equal(first.headers["webhook-id"], second.headers["webhook-id"]);
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const signed = `${second.headers["webhook-id"]}.${second.headers["webhook-timestamp"]}.${second.body}`;
  const mac = createHmac("sha256", key).update(signed).digest("base64");
  assert.equal(second.headers["webhook-signature"], `v1,${mac}`);

  const headers = { authorization: `Bearer ${demo.api_key}` };
  const { items } = await (await fetch(`${demo.dashboard}/api/v1/contacts?search=ada`, { headers })).json();
  await fetch(`${demo.dashboard}/api/v1/contacts/${items[0].id}/withdraw`, { method: "POST", headers });
  await says(page, "consent.withdrawn");
  await look(page, "log");
  await page.getByText("Make a new secret").first().click();
  await page.getByRole("button", { name: "Make a new secret" }).click();
  await page.getByText("The old one goes on working").waitFor();
  await page.getByText("Where it leads").click();
  await look(page, "change");
  await page.getByRole("button", { name: "Turn it off" }).click();
  await page.getByText("Turned off.").waitFor();
  await page.getByRole("button", { name: "Turn it on again" }).click();
  await page.getByText("Delete this webhook").click();
  await page.getByRole("button", { name: "Delete it" }).click();
  await page.getByText("None yet.").waitFor();
  await context.close();
});

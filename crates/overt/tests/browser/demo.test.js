// The demo's loop as people walk it: a mail is written, read and clicked, and the dashboard shows it without a reload.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, copyOf, delivered, openMail, person, shot, signIn, startBrowser, startDemo, write } from "./demo.js";

let demo, browser;
before(async () => {
  demo = await startDemo();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

const ADA = "ada@reader.example";
const BRUNO = "bruno@reader.example";
const CARLA = "carla@reader.example";

for (const [name, viewport] of [["wide", { width: 1280, height: 900 }], ["narrow", { width: 390, height: 844 }]]) {
  test(`a mail is written, read and clicked while the Sent list is open (${name})`, async () => {
    const subject = `Proposal ${name}`;
    const sender = await person(browser, { viewport });
    const page = await sender.newPage();
    await signIn(page, demo);
    await write(page, demo, { to: [ADA, BRUNO, CARLA], subject, text: "Hello,\n\nsee https://example.com/offer?a=1&b=2\n\nDana" });
    await page.goto(demo.dashboard);
    const row = page.locator("li.row", { hasText: subject });
    await row.waitFor();
    const of = (address) => row.locator(`details.state[data-address="${address}"]`);
    await of(BRUNO).waitFor({ state: "attached" });
    // A mark that survives only if the page is never loaded again.
    await page.evaluate(() => { globalThis.notReloaded = true; });
    await shot(page, `sent-before-${name}`);

    const reader = await person(browser, { viewport });
    const mailbox = await reader.newPage();
    const frame = await openMail(mailbox, await delivered(demo, ADA, subject));
    await of(ADA).getByText(/^Read/).first().waitFor({ state: "attached" });
    await shot(mailbox, `mailbox-${name}`);
    await shot(page, `sent-read-${name}`);

    const [site] = await Promise.all([reader.waitForEvent("page"), frame.getByRole("link", { name: /example\.com/ }).click()]);
    await site.waitForURL("https://example.com/offer?a=1&b=2");
    await of(ADA).getByText(/clicked once/).first().waitFor({ state: "attached" });
    assert.equal(await page.evaluate(() => globalThis.notReloaded), true);

    const ada = await copyOf(demo, subject, ADA);
    assert.equal(ada.tick, "read");
    assert.equal(ada.clicks.human, 1);
    for (const [address, reason] of [[BRUNO, "never_asked"], [CARLA, "withdrawn"]]) {
      await openMail(mailbox, await delivered(demo, address, subject));
      const copy = await copyOf(demo, subject, address);
      assert.equal(copy.tick, "untracked");
      assert.equal(copy.reason, reason);
    }
    // The card says how often and when, by key as well as by mouse.
    if (!(await of(ADA).locator("summary").isVisible())) await row.locator("details.all > summary").click();
    await of(ADA).locator("summary").focus();
    await page.keyboard.press("Enter");
    await of(ADA).getByText(/How do you know/i).first().waitFor();
    await shot(page, `sent-card-${name}`);
    await sender.close();
    await reader.close();
  });
}

test("a desktop notification tells of the first reading, if it was asked for", async () => {
  const subject = "Told";
  const sender = await person(browser);
  await sender.addInitScript(() => {
    globalThis.told = [];
    globalThis.Notification = class {
      static permission = "default";
      static async requestPermission() { return (this.permission = "granted"); }
      constructor(title) { globalThis.told.push(title); }
    };
  });
  const page = await sender.newPage();
  await signIn(page, demo);
  await write(page, demo, { to: [ADA], subject, text: "Hello" });
  await page.goto(demo.dashboard);
  await page.locator("li.row", { hasText: subject }).waitFor();
  await page.getByRole("button", { name: /Tell me/ }).click();
  const reader = await person(browser);
  await openMail(await reader.newPage(), await delivered(demo, ADA, subject));
  await page.waitForFunction(() => globalThis.told.length > 0);
  assert.match((await page.evaluate(() => globalThis.told))[0], /ada@reader\.example has read/);
  await sender.close();
  await reader.close();
});

test("pages work without JavaScript", async () => {
  const context = await person(browser, { javaScriptEnabled: false });
  const page = await context.newPage();
  await signIn(page, demo);
  await write(page, demo, { to: [ADA], subject: "Plain", text: "Hello" });
  await page.goto(demo.dashboard);
  await page.getByRole("link", { name: /Plain/ }).click();
  await page.getByRole("heading", { name: "Plain" }).waitFor();
  await context.close();
});

test("a recipient sees, withdraws, is asked, agrees and confirms on pages that need no account", async () => {
  const sender = await person(browser);
  const page = await sender.newPage();
  await signIn(page, demo);
  await write(page, demo, { to: [ADA, BRUNO], subject: "Decide", text: "Hello, see https://example.com/", ask: true });

  const reader = await person(browser, { viewport: { width: 390, height: 844 } });
  const mailbox = await reader.newPage();
  // Bruno, who was never asked: the line in an untracked mail leads to his page.
  const asking = await openMail(mailbox, await delivered(demo, BRUNO, "Decide"));
  assert.equal(await asking.locator("img").count(), 0);
  const brunos = await asking.getByRole("link", { name: "Read more and decide" }).getAttribute("href");
  const recipient = await reader.newPage();
  await recipient.goto(brunos);
  for (const box of await recipient.getByRole("checkbox").all()) assert.equal(await box.isChecked(), false);
  const [agree, refuse] = [recipient.getByRole("button", { name: "I agree to what I ticked" }), recipient.getByRole("button", { name: "No, thank you" })];
  const [a, r] = [await agree.boundingBox(), await refuse.boundingBox()];
  assert.ok(Math.abs(a.height - r.height) < 1 && Math.abs(a.width - r.width) < 1, "refusing is as easy to press as agreeing");
  await shot(recipient, "person-asked");
  assert.deepEqual(await axe(recipient), []);
  await recipient.getByRole("checkbox").first().check();
  await agree.click();
  await shot(recipient, "person-agreed");
  const confirming = await delivered(demo, BRUNO, "Please confirm");
  await mailbox.goto(confirming.url);
  const raw = await (await fetch(`${demo.mailbox}/messages/${confirming.id}.eml`)).text();
  const link = raw.replace(/=\r\n/g, "").match(/http:\/\/\S+\/p\/confirm\/[\w-]+/)[0];
  await recipient.goto(link);
  await shot(recipient, "person-confirm");
  assert.deepEqual(await axe(recipient), []);
  await recipient.getByRole("button").first().click();
  await shot(recipient, "person-confirmed");
  await write(page, demo, { to: [BRUNO], subject: "After", text: "Hello" });
  const tracked = await openMail(mailbox, await delivered(demo, BRUNO, "After"));
  assert.equal(await tracked.locator("img").count(), 1);

  // Ada, who had agreed: one press, and mails sent before are silent.
  const decided = await openMail(mailbox, await delivered(demo, ADA, "Decide"));
  const adas = await decided.getByRole("link", { name: /See what is recorded/ }).getAttribute("href");
  await recipient.goto(adas);
  await shot(recipient, "person-given");
  assert.deepEqual(await axe(recipient), []);
  await recipient.getByRole("button", { name: "Withdraw everything" }).click();
  await shot(recipient, "person-withdrawn");
  assert.deepEqual(await axe(recipient), []);
  const counted = (await copyOf(demo, "Decide", ADA)).opens;
  await openMail(mailbox, await delivered(demo, ADA, "Decide"));
  await write(page, demo, { to: [ADA], subject: "Silent", text: "Hello" });
  await delivered(demo, ADA, "Silent"); // a whole mail later, the second opening still counts for nothing
  assert.deepEqual((await copyOf(demo, "Decide", ADA)).opens, counted);
  await sender.close();
  await reader.close();
});

test("no page has an accessibility finding, light or dark", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const context = await person(browser, { colorScheme });
    const page = await context.newPage();
    await page.goto(`${demo.dashboard}/sign-in`);
    assert.deepEqual(await axe(page), [], "sign-in");
    await shot(page, `sign-in-${colorScheme}`);
    await signIn(page, demo);
    const pages = ["/", "/numbers", "/write", "/contacts", "/settings", "/glossary"];
    const first = async (prefix) => page.locator(`a[href^="${prefix}"]`).first().getAttribute("href");
    await page.goto(demo.dashboard);
    pages.push(await first("/messages/"));
    await page.goto(`${demo.dashboard}/contacts`);
    pages.push(await first("/contacts/"));
    for (const path of pages) {
      await page.goto(demo.dashboard + path);
      await shot(page, `${path.split("/")[1] || "sent"}-${path.split("/").length}-${colorScheme}`);
      assert.deepEqual(await axe(page), [], `${path} (${colorScheme})`);
    }
    await context.close();
  }
});

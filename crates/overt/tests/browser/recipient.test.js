// What a recipient sees and does: refusing is as easy as agreeing, scanners change nothing, and whoever has the mailbox
// has the last word. On a phone, light and dark, without JavaScript.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, delivered, person, shot, signIn, startBrowser, startDemo, write } from "./demo.js";

const BRUNO = "bruno@reader.example";
const PHONE = { viewport: { width: 390, height: 844 } };

let demo, browser, sender, brunos;
before(async () => {
  demo = await startDemo();
  browser = await startBrowser();
  sender = await (await person(browser)).newPage();
  await signIn(sender, demo);
  brunos = await asked("Question");
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** The text of a delivered mail, with soft line ends taken out. */
async function source(mail) {
  const raw = await (await fetch(`${demo.mailbox}/messages/${mail.id}.eml`)).text();
  return raw.replace(/=\r?\n/g, "").replace(/=3D/g, "=").replace(/&amp;/g, "&");
}

/** Every address of the tracker that stands in a mail. */
async function addresses(mail) {
  const found = (await source(mail)).match(/http:\/\/127\.0\.0\.1:\d+\/[a-z]+\/[^\s"'<>)]+/g) ?? [];
  return [...new Set(found)];
}

async function consentOf(address) {
  const headers = { authorization: `Bearer ${demo.api_key}` };
  const answer = await fetch(`${demo.dashboard}/api/v1/contacts?search=${encodeURIComponent(address)}`, { headers });
  return JSON.stringify((await answer.json()).items.find((c) => c.address === address).consent);
}

/** Bruno's own page, from the line in a mail that asks. */
async function asked(subject) {
  await write(sender, demo, { to: [BRUNO], subject, text: "Hello, see https://example.com/", ask: true });
  const mail = await delivered(demo, BRUNO, subject);
  return { mail, page: (await addresses(mail)).find((url) => /\/p\/[\w-]{48}$/.test(url)) };
}

test("R-CONS-02: refusing looks and works like agreeing; R-CONS-06: scanners change nothing", async () => {
  const { mail, page } = brunos;
  const before = await consentOf(BRUNO);
  const scan = async (urls) => {
    for (const url of [...urls, ...urls]) {
      for (const method of ["GET", "HEAD"]) {
        const answer = await fetch(url, { method, redirect: "manual" });
        assert.ok(answer.status < 500, `${method} ${answer.status}`);
        await answer.arrayBuffer();
      }
    }
  };
  const urls = await addresses(mail);
  assert.ok(urls.length > 0);
  await scan(urls);
  assert.equal(await consentOf(BRUNO), before);

  for (const colorScheme of ["light", "dark"]) {
    const reader = await person(browser, { ...PHONE, colorScheme, javaScriptEnabled: true });
    const tab = await reader.newPage();
    await tab.goto(page);
    const look = (name) => tab.getByRole("button", { name }).evaluate((button) => {
      const style = getComputedStyle(button);
      const { width, height } = button.getBoundingClientRect();
      const kept = ["color", "backgroundColor", "borderColor", "borderWidth", "fontSize", "fontWeight", "opacity", "display", "cursor", "textDecorationLine"];
      return { size: [Math.round(width), Math.round(height)], style: kept.map((key) => style[key]) };
    });
    assert.deepEqual(await look("I agree to what I ticked"), await look("No, thank you"));
    for (const box of await tab.getByRole("checkbox").all()) assert.equal(await box.isChecked(), false);
    assert.deepEqual(await axe(tab), [], colorScheme);
    const wide = await tab.evaluate(() => document.documentElement.scrollWidth > globalThis.innerWidth);
    assert.equal(wide, false, "nothing sticks out on a phone");
    await shot(tab, `recipient-asked-${colorScheme}`);
    await reader.close();
  }

  // Agreeing asks for a second step by mail; its links are scanned as well, and still nothing counts.
  const reader = await person(browser, { ...PHONE, javaScriptEnabled: false });
  const tab = await reader.newPage();
  await tab.goto(page);
  await tab.getByRole("checkbox").first().check();
  await tab.getByRole("button", { name: "I agree to what I ticked" }).click();
  const confirming = await delivered(demo, BRUNO, "Please confirm");
  const requested = await consentOf(BRUNO);
  await scan(await addresses(confirming));
  assert.equal(await consentOf(BRUNO), requested);
  const link = (await addresses(confirming)).find((url) => url.includes("/p/confirm/"));
  await tab.goto(link);
  await tab.getByRole("button", { name: "Yes, I agree" }).click();
  const given = await consentOf(BRUNO);
  assert.notEqual(given, requested);

  // R-WITH-02: from the mail, the page and one press.
  await tab.goto(page);
  await tab.getByRole("button", { name: "Withdraw", exact: true }).first().click();
  await tab.getByRole("heading", { name: "Done: withdrawn" }).waitFor();
  assert.notEqual(await consentOf(BRUNO), given);
  await reader.close();
});

test("R-DSR-02: the link to one's data goes to the mailbox, and works once", async () => {
  const reader = await person(browser, { ...PHONE, javaScriptEnabled: false });
  const tab = await reader.newPage();
  await tab.goto(`${demo.tracker}/p`);
  for (const address of ["nobody@reader.example", BRUNO]) {
    await tab.goto(`${demo.tracker}/p`);
    await tab.getByLabel("Your e-mail address").fill(address);
    await tab.getByRole("button", { name: "Send me the link" }).click();
    await tab.getByRole("heading", { name: "Look into your mailbox" }).waitFor();
  }
  const mail = await delivered(demo, BRUNO, "Your data at");
  const link = (await addresses(mail)).find((url) => url.includes("/p/own/"));
  await tab.goto(link);
  await shot(tab, "recipient-own");
  await tab.getByLabel("Name").fill("Bruno Corrected");
  await tab.getByRole("button", { name: "Change it" }).click();
  await tab.getByRole("heading", { name: "Done: corrected" }).waitFor();
  await tab.goto(link);
  await tab.getByRole("heading", { name: "This link does not work any more" }).waitFor();
  await reader.close();
});

test("the way in and the full notice have no accessibility finding in any language", async () => {
  const { page } = brunos;
  const reader = await person(browser, PHONE);
  const tab = await reader.newPage();
  await tab.goto(page);
  const full = await tab.locator('a[href*="/n/"]').getAttribute("href");
  for (const language of ["en", "fr", "de", "it", "es"]) {
    for (const url of [page, full, `${demo.tracker}/p`]) {
      await tab.goto(`${url}?lang=${language}`);
      assert.deepEqual(await axe(tab), [], `${language} ${new URL(url).pathname.slice(0, 3)}`);
    }
    await shot(tab, `recipient-start-${language}`);
  }
  await reader.close();
});

// By keyboard alone: signing in, writing, reading what became of a mail, and the recipient's withdrawal. Nothing is
// clicked; every step finds what it presses with the Tab key, sees where it is, and ends where people expect to be.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { delivered, openMail, person, startBrowser, startDemo } from "./demo.js";

const ADA = "ada@reader.example";
/** Enough for the longest page here; more would mean that what is looked for cannot be reached. */
const TABS_MAX = 80;

let demo, browser;
before(async () => {
  demo = await startDemo();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** What has the focus: its name as people read it, what it is, and whether its focus can be seen. */
function focused(tab) {
  return tab.evaluate(() => {
    const here = document.activeElement;
    const label = here.closest("label") ?? here;
    const name = (here.getAttribute("aria-label") ?? label.textContent).replace(/\s+/g, " ").trim();
    const style = getComputedStyle(here);
    const { width, height } = here.getBoundingClientRect();
    return {
      name, tag: here.tagName.toLowerCase(), value: here.value ?? "",
      seen: width > 1 && height > 1 && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    };
  });
}

/** Tabs to what has this name (and tag); everything on the way shows its focus. */
async function tabTo(tab, name, tag) {
  const passed = [];
  for (let n = 0; n < TABS_MAX; n++) {
    await tab.keyboard.press("Tab");
    const here = await focused(tab);
    if (here.tag === "body") continue; // past the last: the browser begins anew
    if (here.tag === "iframe") continue; // the focus is inside it
    assert.ok(here.seen, `the focus on ${here.tag} “${here.name}” cannot be seen`);
    passed.push(`${here.tag} ${here.name}`);
    if (here.name.startsWith(name) && (!tag || here.tag === tag)) return here;
  }
  assert.fail(`“${name}” cannot be reached with Tab; passed: ${passed.join(" | ")}`);
}

/** Presses a key that leads to another page, and waits for it. */
async function pressing(tab, key) {
  await tab.evaluate(() => { globalThis.before = true; });
  await tab.keyboard.press(key);
  await tab.waitForFunction(() => !globalThis.before && document.readyState === "complete");
}

/** What a page gives the focus to by itself. The browser does that when it first draws, which may be after the load. */
async function givenFocus(tab) {
  await tab.waitForFunction(() => document.activeElement !== document.body);
  return focused(tab);
}

test("keyboard alone: sign in, write, see what became of it; the recipient withdraws", async () => {
  const tab = await (await person(browser)).newPage();
  await tab.goto(demo.dashboard);

  // Signing in: the address has the focus already; a wrong password brings one back to the password, with the reason.
  assert.match((await givenFocus(tab)).name, /^Address/);
  await tab.keyboard.type(demo.dashboard_user);
  await tabTo(tab, "Password", "input");
  await tab.keyboard.type("not the password");
  await pressing(tab, "Enter");
  assert.match((await givenFocus(tab)).name, /^Password/);
  const why = await tab.evaluate(() => document.getElementById(document.activeElement.getAttribute("aria-describedby"))?.textContent);
  assert.ok(why, "the field says what was wrong with it");
  await tab.keyboard.type(demo.dashboard_password);
  await pressing(tab, "Enter");
  await tab.getByRole("heading", { name: "Sent", level: 1 }).waitFor();

  // The first Tab offers to skip the navigation, and the next one after it is in the content.
  await tab.keyboard.press("Tab");
  assert.equal((await focused(tab)).name, "To the content");
  await tab.keyboard.press("Enter");
  await tab.keyboard.press("Tab");
  assert.ok(await tab.evaluate(() => document.querySelector("main").contains(document.activeElement)));

  // Writing: a mistake is said at its field, what was typed stays.
  await tab.goto(demo.dashboard);
  await tabTo(tab, "Write", "a");
  await pressing(tab, "Enter");
  await tabTo(tab, "To", "input");
  await tab.keyboard.type("nobody");
  await tabTo(tab, "Subject", "input");
  await tab.keyboard.type("By keyboard");
  await tabTo(tab, "Text", "textarea");
  await tab.keyboard.type("Hello, see https://example.com/");
  await tabTo(tab, "Send", "button");
  await pressing(tab, "Space");
  const mistaken = await givenFocus(tab);
  assert.match(mistaken.name, /^To/);
  assert.equal(mistaken.value, "nobody");
  await tab.keyboard.press("ControlOrMeta+a");
  await tab.keyboard.type(ADA);
  await tabTo(tab, "Send", "button");
  await pressing(tab, "Enter");

  // The mail's page; then the list, where reading it changes the row and leaves the focus where it is.
  await tab.getByRole("heading", { name: "By keyboard" }).waitFor();
  await tab.goto(demo.dashboard);
  const state = tab.locator(`details.state[data-address="${ADA}"]`).first();
  await state.waitFor();
  await tabTo(tab, "Sent", "summary");
  await tab.keyboard.press("Enter");
  assert.equal(await state.getAttribute("open"), "", "Enter opens the card");
  await tab.keyboard.press("Escape");
  assert.equal(await state.getAttribute("open"), null, "Escape closes it");
  assert.equal((await focused(tab)).tag, "summary");
  await tab.keyboard.press("Space");
  assert.equal(await state.getAttribute("open"), "", "Space opens it as well");
  const mail = await delivered(demo, ADA, "By keyboard");
  const mailbox = await (await person(browser)).newPage();
  const frame = await openMail(mailbox, mail);
  await state.getByText(/^Read/).first().waitFor();
  assert.match((await focused(tab)).name, /^Read/, "the focus stays on the row that changed");
  assert.equal(await state.getAttribute("open"), "", "and what was open stays open");
  await tabTo(tab, "How do you know?", "a");
  await pressing(tab, "Enter");
  await tabTo(tab, "How do you know?", "summary");
  await tab.keyboard.press("Enter");
  await tab.getByText(/% sure/).first().waitFor();

  // Ada, on a phone with a keyboard: from the line in the mail to "Done: withdrawn".
  const adas = await frame.getByRole("link", { name: /See what is recorded/ }).getAttribute("href");
  const ada = await (await person(browser, { viewport: { width: 390, height: 844 } })).newPage();
  await ada.goto(adas);
  await tabTo(ada, "Withdraw everything", "button");
  await pressing(ada, "Enter");
  await ada.getByRole("heading", { name: "Done: withdrawn" }).waitFor();
  await tabTo(ada, "Back to your page", "a");
  await pressing(ada, "Enter");
  await ada.getByText("Not recorded any more", { exact: false }).first().waitFor();
  const answer = await fetch(`${demo.dashboard}/api/v1/contacts?search=${ADA}`, { headers: { authorization: `Bearer ${demo.api_key}` } });
  const { consent } = (await answer.json()).items[0];
  assert.equal(consent.open.state, "withdrawn");
});

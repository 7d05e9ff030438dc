// A form on another site: published in the dashboard, shown in a frame of that site and of no other, filled in on a phone,
// confirmed in the mailbox; then mail is tracked. Light and dark.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { axe, copyOf, delivered, openMail, person, shot, signIn, startBrowser, startDemo, write } from "./demo.js";

const BRUNO = "bruno@reader.example";
const PHONE = { viewport: { width: 390, height: 844 } };

let demo, browser, sender, site, stranger;

/** A site whose one page shows this form in a frame. */
function siteWith(address) {
  const page = `<!doctype html><html lang="en"><title>News</title><h1>News</h1>
    <iframe src="${address}" title="Newsletter" width="100%" height="1600" style="border:0"></iframe>`;
  return new Promise((resolve) => {
    const server = createServer((_, answer) => answer.setHeader("content-type", "text/html").end(page));
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}
const origin = (server) => `http://127.0.0.1:${server.address().port}`;

before(async () => {
  demo = await startDemo();
  browser = await startBrowser();
  sender = await (await person(browser)).newPage();
  await signIn(sender, demo);
});
after(async () => {
  await browser?.close();
  for (const server of [site, stranger]) {
    server?.closeAllConnections();
    server?.close();
  }
  await demo?.stop();
});

async function publish(page, kind) {
  await sender.goto(`${demo.dashboard}/compliance/forms`);
  await sender.getByLabel("Name").fill("Newsletter");
  await sender.getByLabel("The page it stands on").fill(page);
  await sender.getByLabel("What that page is for").selectOption(kind);
  await sender.getByLabel("Opens: that a mail was opened").check();
  await sender.getByLabel("Clicks: that a link was followed").check();
  await sender.getByRole("button", { name: "Publish" }).click();
}

test("R-CONS-18, R-CONS-10: from the desk to a site, from there to a tracked mail", async () => {
  // The frame needs the form's address and the form needs the site's: the site begins empty.
  let address = "about:blank";
  site = await siteWith(address);
  await publish(`${origin(site)}/terms`, "terms");
  await sender.getByText("consent is not taken inside a privacy policy or terms").waitFor();
  assert.deepEqual(await axe(sender), []);
  await shot(sender, "forms-refused");
  await publish(`${origin(site)}/news`, "sign_up");
  await sender.getByRole("heading", { name: "Newsletter" }).waitFor();
  await sender.getByText("Put it into your page").click();
  address = await sender.locator("dd a").first().getAttribute("href");
  assert.ok((await sender.locator("pre").first().textContent()).includes(`<iframe src="${address}"`));
  assert.deepEqual(await axe(sender), []);
  await shot(sender, "forms-published");

  const shown = await siteWith(address);
  site.removeAllListeners("request").on("request", shown.listeners("request")[0]);
  stranger = shown;
  const phone = await (await person(browser, { ...PHONE, colorScheme: "dark" })).newPage();
  await phone.goto(`${origin(stranger)}/`);
  await phone.waitForLoadState("networkidle");
  assert.ok(!(await phone.frames()[1].content()).includes("Who asks"), "no other site shows it in a frame");

  await phone.goto(`${origin(site)}/news`);
  const frame = phone.frameLocator("iframe");
  await frame.getByLabel("Your e-mail address").fill(BRUNO);
  const boxes = frame.getByRole("checkbox");
  assert.equal(await boxes.count(), 2);
  for (const n of [0, 1]) assert.equal(await boxes.nth(n).isChecked(), false);
  const look = (name) => frame.getByRole("button", { name }).evaluate((button) => {
    const style = getComputedStyle(button);
    return [style.backgroundColor, style.color, style.fontSize, button.offsetWidth, button.offsetHeight].join();
  });
  assert.equal(await look("I agree to what I ticked"), await look("No, thank you"));
  await shot(phone, "form-in-a-site-390-dark");
  await boxes.nth(0).check();
  await frame.getByRole("button", { name: "I agree to what I ticked" }).click();
  await frame.getByText("Look into your mailbox").waitFor();

  for (const [colorScheme, width] of [["light", 1280], ["dark", 1280], ["light", 390], ["dark", 390]]) {
    const tab = await (await person(browser, { colorScheme, viewport: { width, height: 900 } })).newPage();
    await tab.goto(address);
    assert.deepEqual(await axe(tab), [], `${colorScheme} ${width}`);
    await shot(tab, `form-${width}-${colorScheme}`);
  }

  const confirmation = await delivered(demo, BRUNO, "Please confirm");
  const mail = await openMail(phone, confirmation);
  const link = await mail.locator("a[href*='/p/confirm/']").getAttribute("href");
  await phone.goto(link);
  await phone.getByRole("button", { name: "Yes, I agree" }).click();
  await write(sender, demo, { to: [BRUNO], subject: "Tracked", text: "See https://example.com/" });
  await delivered(demo, BRUNO, "Tracked");
  const copy = await copyOf(demo, "Tracked", BRUNO);
  assert.equal(copy.mode.open, "individual", JSON.stringify(copy));
});

test("R-CONS-13: the aims of the workspace, and what a change ends", async () => {
  await sender.goto(`${demo.dashboard}/compliance/aims`);
  assert.deepEqual(await axe(sender), []);
  await shot(sender, "aims");
  await sender.getByText("Change the words").first().click();
  await sender.getByLabel("English").first().fill("to call in time");
  await sender.getByLabel("Why it changes").first().fill("the desk asked");
  await sender.getByRole("button", { name: "Change", exact: true }).first().click();
  await sender.getByText("French is missing").waitFor();
  assert.deepEqual(await axe(sender), []);
  await shot(sender, "aims-wrong");
  for (const colorScheme of ["light", "dark"]) {
    const context = await person(browser, { ...PHONE, colorScheme });
    const tab = await context.newPage();
    await signIn(tab, demo);
    for (const name of ["aims", "forms"]) {
      await tab.goto(`${demo.dashboard}/compliance/${name}`);
      assert.deepEqual(await axe(tab), [], `${name} ${colorScheme}`);
      await shot(tab, `${name}-390-${colorScheme}`);
    }
  }
});

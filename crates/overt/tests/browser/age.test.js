// A child, a guardian, and the compliance desk: pages work without JavaScript, on a phone and on a desk, light and dark.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, delivered, person, shot, signIn, startBrowser, startDemo, write } from "./demo.js";

const KIM = "bruno@reader.example";
const MUM = "carla@reader.example";
const PHONE = { viewport: { width: 390, height: 844 }, colorScheme: "light" };
const DESKTOP = { viewport: { width: 1280, height: 900 }, colorScheme: "dark" };
const LANGUAGES = ["en", "fr", "de", "it", "es"];

let demo, browser, sender;
before(async () => {
  demo = await startDemo();
  browser = await startBrowser();
  sender = await (await person(browser)).newPage();
  await signIn(sender, demo);
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** Every address of the tracker that stands in a mail. */
async function addresses(mail) {
  const raw = await (await fetch(`${demo.mailbox}/messages/${mail.id}.eml`)).text();
  const text = raw.replace(/=\r?\n/g, "").replace(/=3D/g, "=").replace(/&amp;/g, "&");
  return text.match(/http:\/\/127\.0\.0\.1:\d+\/[a-z]+\/[^\s"'<>)]+/g) ?? [];
}

/** The page as it stands, on a phone in the light and on a desk in the dark: no finding, nothing sticks out. */
async function look(url, name, languages = ["en"]) {
  for (const [size, options] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
    const context = await person(browser, options);
    const tab = await context.newPage();
    for (const language of languages) {
      await tab.goto(`${url}?lang=${language}`);
      await shot(tab, `${name}-${language}-${size}`);
      assert.deepEqual(await axe(tab), [], `${name} ${language} ${size}`);
      const wide = await tab.evaluate(() => document.documentElement.scrollWidth > globalThis.innerWidth);
      assert.equal(wide, false, `${name}: nothing sticks out at ${size}`);
    }
    await context.close();
  }
}

test("R-AGE-03: the question, the guardian's page, and two steps to take it back", async () => {
  await sender.goto(`${demo.dashboard}/settings`);
  await sender.getByLabel("Our service is directed to children").check();
  await sender.getByLabel("Why").fill("a magazine for children");
  await sender.getByRole("button", { name: "Save limits" }).click();
  await write(sender, demo, { to: [KIM], subject: "Riddle", text: "Hello, see https://example.com/", ask: true });
  const mail = await delivered(demo, KIM, "Riddle");
  const page = (await addresses(mail)).find((url) => /\/p\/[\w-]{48}$/.test(url));
  await look(page, "age-question", LANGUAGES);

  const child = await (await person(browser, { ...PHONE, javaScriptEnabled: false })).newPage();
  await child.goto(page);
  const sizes = async (name) => {
    const { width, height } = await child.getByRole("button", { name }).boundingBox();
    return [Math.round(width), Math.round(height)];
  };
  assert.deepEqual(await sizes("Yes, I am at least 16"), await sizes("No, I am younger than 16"));
  await child.getByRole("button", { name: "No, I am younger than 16" }).click();
  await child.getByRole("heading", { name: "Noted" }).waitFor();
  await child.getByRole("link", { name: "Back to your page" }).click();
  await child.getByRole("checkbox").first().check();
  await child.getByRole("button", { name: "I agree to what I ticked" }).click();
  await child.getByRole("heading", { name: "Who has parental responsibility for you?" }).waitFor();
  await shot(child, "guardian-ask-phone");
  await child.getByLabel("Their own e-mail address").fill(MUM);
  await child.getByLabel("That person is").selectOption("parent");
  await child.getByRole("button", { name: "Send them the mail" }).click();
  await child.getByRole("heading", { name: "One more step" }).waitFor();
  await child.goto(page);
  await shot(child, "guardian-waiting-phone");

  const asking = await delivered(demo, MUM, KIM);
  const link = (await addresses(asking)).find((url) => url.includes("/p/guardian/"));
  await look(link, "guardian", LANGUAGES);
  const guardian = await (await person(browser, { ...PHONE, javaScriptEnabled: false })).newPage();
  await guardian.goto(link);
  await guardian.getByRole("button", { name: "I have parental responsibility and agree" }).click();
  await guardian.getByRole("heading", { name: `Thank you. You have agreed for ${KIM}.` }).waitFor();
  await shot(guardian, "guardian-done-phone");
  await look(link, "guardian-held");

  // The desk sees who agreed; nobody there can agree in their place.
  await sender.goto(`${demo.dashboard}/contacts?search=${KIM}`);
  await sender.getByRole("link", { name: KIM }).first().click();
  await sender.getByRole("heading", { name: "Age", exact: true }).waitFor();
  await sender.getByText("Note what they said").click();
  assert.deepEqual(await sender.locator("select[name=standing] option").allTextContents(),
    ["Please choose", "not known", "at least 16", "younger than 16"]);
  assert.equal(await sender.getByLabel("They are").inputValue(), "", "nothing is chosen beforehand");
  assert.deepEqual(await axe(sender), []);
  await shot(sender, "contact-age-desktop");
  await sender.setViewportSize(PHONE.viewport);
  await shot(sender, "contact-age-phone");

  // From the mail, the page and one press.
  await guardian.goto(link);
  await guardian.getByRole("button", { name: "Withdraw", exact: true }).click();
  await guardian.getByRole("heading", { name: "Done: withdrawn" }).waitFor();
  await guardian.goto(link);
  await guardian.getByRole("heading", { name: "There is nothing left to decide here" }).waitFor();
  await child.context().close();
  await guardian.context().close();
});

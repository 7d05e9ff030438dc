// Every page of the dashboard, with something on it, as each role sees it: no accessibility finding of WCAG 2.2 A and AA,
// nothing that sticks out, on a phone and on a wide screen, light and dark.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, delivered, openMail, person, shot, signIn, startBrowser, startDemo, write } from "./demo.js";

const PEOPLE = ["ada@reader.example", "bruno@reader.example", "carla@reader.example"];
const WIDE = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };

let demo, browser;
const secrets = {};
before(async () => {
  demo = await startDemo();
  browser = await startBrowser();
  const owner = await (await person(browser)).newPage();
  await signIn(owner, demo);
  for (const role of ["compliance", "member"]) secrets[role] = await invited(owner, role);
  await furnish(owner);
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** Invites somebody through the page, and chooses a password with the link; how they sign in. */
async function invited(owner, role) {
  const address = `${role}@studio.example`;
  await owner.goto(`${demo.dashboard}/compliance/people`);
  await owner.getByLabel("Name", { exact: true }).fill(`Una ${role}`);
  await owner.getByLabel("E-mail address").fill(address);
  await owner.locator("#invite").getByLabel("Role").selectOption(role);
  await owner.getByRole("button", { name: "Invite" }).click();
  const link = await owner.locator(".secret code").textContent();
  await owner.goto(link);
  await owner.getByLabel("New password").fill("a long enough one");
  assert.deepEqual(await axe(owner), [], "choosing a password");
  await shot(owner, "password");
  await owner.getByRole("button", { name: "Save" }).click();
  await owner.waitForURL(/sign-in|\/$/);
  return { dashboard_user: address, dashboard_password: "a long enough one" };
}

/** Mails, a breach, an assessment, people, an app password: what pages show when there is something to show. */
async function furnish(owner) {
  await write(owner, demo, { to: PEOPLE, subject: "Proposal for the spring campaign, second version with a rather long subject line", text: "Hello,\n\nsee https://example.com/offer?a=1&b=2\n\nDana" });
  await write(owner, demo, { to: ["dora@elsewhere.example"], subject: "A question", text: "Hello", ask: true });
  const mail = await delivered(demo, PEOPLE[0], "Proposal");
  const reader = await (await person(browser)).newPage();
  await openMail(reader, mail);
  const post = async (path, form) => {
    const headers = { "sec-fetch-site": "same-origin", origin: demo.dashboard };
    const answer = await owner.request.post(`${demo.dashboard}${path}`, { form, headers });
    assert.ok(answer.status() < 400, `${path}: ${answer.status()} ${await answer.text()}`);
  };
  const day = new Date().toISOString().slice(0, 10);
  await post("/compliance/breaches/new", {
    aware: `${day}T00:10`, from: `${day}T00:00`, to: `${day}T00:05`, risk: "likely", nature: "A laptop was left in a train.",
    persons: "", records: "", contact: "", consequences: "", measures: "", delay: "",
  });
  await post("/contacts/enter", {
    address: "emil@elsewhere.example", name: "Emil Example", country: "DE", language: "de", source: "public",
    where: "the imprint of elsewhere.example", when: day, who: "Dana", basis: "legitimate_interests", reason: "",
    list: "",
  });
  await post("/settings/credentials", { kind: "api_key", label: "the booking system" });
  await post("/contacts/suppressed", { address: "fred@elsewhere.example" });
}

/** What a page's lists lead to, once each. */
async function first(tab, selector) {
  const link = tab.locator(selector).first();
  return (await link.count()) ? await link.getAttribute("href") : null;
}

/** All pages, found where people find them. */
async function pages(tab) {
  const all = [
    "/", "/?search=nothing+is+called+so", "/write", "/contacts", "/contacts/enter", "/contacts/suppressed",
    "/contacts/suppressed?address=fred%40elsewhere.example", "/contacts/inactive", "/numbers", "/glossary", "/settings",
    "/settings/assessments", "/settings/webhooks", "/compliance", "/compliance/policy", "/compliance/register", "/compliance/people",
    "/compliance/lowered", "/compliance/consents", "/compliance/aims", "/compliance/expiring", "/compliance/requests", "/compliance/acts", "/compliance/report",
    "/compliance/breaches", "/compliance/breaches/new", "/compliance/paper", "/nothing-here",
    ...["records", "impact", "interests", "notice", "processor"].map((name) => `/compliance/paper/${name}`),
  ];
  for (const [list, selector] of [
    ["/", "li.row a.what"], ["/contacts", "li.row a.what, main ul a[href^='/contacts/']"], ["/compliance/breaches", "td a"],
  ]) {
    await tab.goto(demo.dashboard + list);
    const found = await first(tab, selector);
    if (found) all.push(found);
    if (found && list === "/contacts") all.push(`${found}/withdraw`);
  }
  return all;
}

for (const [role, viewport, colorScheme] of [
  ["owner", WIDE, "light"], ["owner", PHONE, "dark"], ["compliance", PHONE, "light"], ["member", WIDE, "dark"],
]) {
  const size = viewport === WIDE ? "wide" : "phone";
  test(`every page as ${role}, ${size}, ${colorScheme}`, async () => {
    const context = await person(browser, { viewport, colorScheme });
    const tab = await context.newPage();
    await signIn(tab, { ...demo, ...secrets[role] });
    const findings = [];
    for (const path of await pages(tab)) {
      await tab.goto(demo.dashboard + path);
      for (const finding of await axe(tab)) findings.push(`${path}: ${finding}`);
      const over = await tab.evaluate(() => document.documentElement.scrollWidth - globalThis.innerWidth);
      if (over > 0) findings.push(`${path}: sticks out by ${over} pixels`);
      // What is folded is there, too, and has to be as good.
      const folded = tab.locator("main details:not([open]) > summary");
      if (await folded.count()) {
        await tab.evaluate(() => document.querySelectorAll("main details:not(.state)").forEach((d) => { d.open = true; }));
        for (const finding of await axe(tab)) findings.push(`${path}, unfolded: ${finding}`);
        const wider = await tab.evaluate(() => document.documentElement.scrollWidth - globalThis.innerWidth);
        if (wider > 0) findings.push(`${path}, unfolded: sticks out by ${wider} pixels`);
      }
      await shot(tab, `${role}-${size}-${colorScheme}${path.replace(/[^a-z]+/g, "-").slice(0, 40)}`);
    }
    await context.close();
    assert.deepEqual([...new Set(findings)], []);
  });
}

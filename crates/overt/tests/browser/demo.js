// A running demo and a browser, for the tests.
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import readline from "node:readline";
import { chromium } from "playwright-core";

const BINARY = process.env.OVERT_BIN ?? new URL("../../../../target/debug/overt", import.meta.url).pathname;
const CHROMIUM = process.env.OVERT_CHROMIUM ?? "/usr/bin/chromium";
/** Where screenshots go, if anywhere. */
const SHOTS = process.env.OVERT_SHOTS;

/** Chromium headless calls itself HeadlessChrome, which the rules rightly take for a tool. People's Chromium does not. */
const AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";

export async function startDemo() {
  const process = spawn(BINARY, ["demo", "--json"], { stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise((resolve, reject) => {
    readline.createInterface({ input: process.stdout }).once("line", resolve);
    process.once("exit", (code) => reject(new Error(`the demo ended with ${code} before it listened`)));
  });
  const stop = () => new Promise((resolve) => {
    process.once("exit", resolve);
    process.kill("SIGTERM");
  });
  return { ...JSON.parse(line), stop };
}

export function startBrowser() {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync",
    ],
  });
}

/** A browser profile of one person. Nothing leaves this machine: sites that links lead to are answered here. */
export async function person(browser, options = {}) {
  const context = await browser.newContext({ userAgent: AGENT, viewport: { width: 1280, height: 900 }, ...options });
  await context.route(/^https?:\/\/(?!127\.0\.0\.1)/, (route) =>
    route.fulfill({ contentType: "text/html", body: "<title>Elsewhere</title>A site out there" }));
  return context;
}

export async function signIn(page, demo) {
  await page.goto(demo.dashboard);
  await page.getByLabel("Address").fill(demo.dashboard_user);
  await page.getByLabel("Password").fill(demo.dashboard_password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Sent" }).waitFor();
}

/** Writes a mail in the form. */
export async function write(page, demo, { to, subject, text, ask = false }) {
  await page.goto(`${demo.dashboard}/write`);
  await page.getByLabel("To", { exact: true }).fill(to.join(", "));
  await page.getByLabel("Subject").fill(subject);
  await page.getByLabel("Text").fill(text);
  if (ask) await page.getByLabel("Ask those who were never asked").check();
  await page.getByRole("button", { name: "Send" }).click();
}

/** The newest mail in somebody's mailbox; waits for it. */
export async function delivered(demo, address, subject) {
  for (let attempt = 0; attempt < 200; attempt++) {
    const mails = await (await fetch(`${demo.mailbox}/messages.json`)).json();
    const mail = mails.findLast((m) => m.to === address && m.subject.startsWith(subject));
    if (mail) return { ...mail, url: `${demo.mailbox}/messages/${mail.id}` };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no mail ${subject} for ${address}`);
}

/** Opens a mail in the mailbox page and gives the frame that shows its HTML. */
export async function openMail(page, mail) {
  await page.goto(mail.url);
  await page.locator("iframe").waitFor();
  const frame = page.frames().find((f) => f !== page.mainFrame());
  await frame.waitForLoadState("load");
  return frame;
}

/** What the API says of somebody's copy. */
export async function copyOf(demo, subject, address) {
  const answer = await fetch(`${demo.dashboard}/api/v1/messages`, { headers: { authorization: `Bearer ${demo.api_key}` } });
  const { items } = await answer.json();
  return items.find((m) => m.subject === subject).copies.find((c) => c.address === address);
}

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Accessibility findings of WCAG 2.2 A and AA on the page as it stands. */
export async function axe(page) {
  // Strict CSP forbids injected scripts, as it should; an evaluated function is not bound by it.
  await page.evaluate(await readFile(AXE, "utf8"));
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const { violations } = await page.evaluate((values) => globalThis.axe.run({ runOnly: { type: "tag", values } }), tags);
  return violations.map((v) => `${v.id}: ${v.help} (${v.nodes.map((n) => n.target.join(" ")).join(", ")})`);
}

export async function shot(page, name) {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
}

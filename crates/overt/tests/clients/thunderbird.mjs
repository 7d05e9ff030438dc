// Thunderbird, driven through Marionette: shows a mail and says what its message pane looks like.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((ready) => server.once("listening", ready));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

/** Nothing leaves this machine: whatever is asked for goes to a port where nobody listens. */
const PREFS = (port) => `
user_pref("marionette.port", ${port});
user_pref("network.proxy.type", 1);
user_pref("network.proxy.http", "127.0.0.1");
user_pref("network.proxy.http_port", 9);
user_pref("network.proxy.ssl", "127.0.0.1");
user_pref("network.proxy.ssl_port", 9);
user_pref("mail.provider.suppress_dialog_on_startup", true);
user_pref("mail.spotlight.firstRunDone", true);
user_pref("mail.winsearch.firstRunDone", true);
user_pref("mailnews.start_page.enabled", false);
user_pref("mailnews.start_page_override.mstone", "ignore");
user_pref("mail.shell.checkDefaultClient", false);
user_pref("app.donation.eoy.version.viewed", 999);
user_pref("app.update.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("datareporting.policy.dataSubmissionPolicyBypassNotification", true);
user_pref("toolkit.telemetry.enabled", false);
user_pref("extensions.update.enabled", false);
user_pref("browser.dom.window.dump.enabled", false);
user_pref("mail.phishing.detection.enabled", false);
`;

/** A running Thunderbird with a profile of its own. */
export class Thunderbird {
  static async start() {
    const port = await freePort();
    const profile = mkdtempSync(join(tmpdir(), "overt-thunderbird-"));
    writeFileSync(join(profile, "user.js"), PREFS(port));
    const child = spawn("thunderbird", ["--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile", profile], {
      stdio: "ignore",
      env: { ...process.env, MOZ_HEADLESS: "1", HOME: profile },
    });
    const self = new Thunderbird(profile, child);
    await self.#meet(port);
    return self;
  }

  constructor(profile, child) {
    this.profile = profile;
    this.child = child;
    this.waiting = new Map();
    this.last = 0;
  }

  async #meet(port) {
    for (let left = 600; ; left--) {
      try {
        this.socket = await new Promise((resolve, reject) => {
          const socket = connect(port, "127.0.0.1", () => resolve(socket));
          socket.once("error", reject);
        });
        break;
      } catch (error) {
        if (!left || this.child.exitCode !== null) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    let buffer = Buffer.alloc(0);
    this.socket.on("data", (data) => {
      buffer = Buffer.concat([buffer, data]);
      for (;;) {
        const colon = buffer.indexOf(":");
        const length = Number(buffer.subarray(0, Math.max(colon, 0)).toString());
        if (colon < 0 || buffer.length < colon + 1 + length) return;
        this.#hear(JSON.parse(buffer.subarray(colon + 1, colon + 1 + length).toString()));
        buffer = buffer.subarray(colon + 1 + length);
      }
    });
    await this.send("WebDriver:NewSession", { capabilities: {} });
    await this.send("Marionette:SetContext", { value: "chrome" });
    await this.send("WebDriver:SetTimeouts", { script: 60_000 });
  }

  #hear(message) {
    if (!Array.isArray(message)) return; // the greeting
    const [, id, error, value] = message;
    const { resolve, reject } = this.waiting.get(id);
    this.waiting.delete(id);
    if (error) reject(new Error(`${error.error}: ${error.message}\n${error.stacktrace}`));
    else resolve(value);
  }

  send(command, parameters) {
    const id = ++this.last;
    const text = JSON.stringify([0, id, command, parameters]);
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.socket.write(`${Buffer.byteLength(text)}:${text}`);
    });
  }

  /** Runs `script` (the body of an async function) in Thunderbird's own window. */
  async run(script, args = []) {
    const wrapped = `const done = arguments[arguments.length - 1]; const args = Array.from(arguments).slice(0, -1);
      (async (...args) => { ${script} })(...args).then(done, (error) => done({ failed: String(error) + error.stack }));`;
    const { value } = await this.send("WebDriver:ExecuteAsyncScript", { script: wrapped, args });
    if (value?.failed) throw new Error(value.failed);
    return value;
  }

  /** Opens a mail. `hide` is a selector of what is not to be seen. Its picture as a PNG in base64, its text, and how much was hidden. */
  show(file, hide) {
    return this.run(
      `
      const [path, hide] = args;
      const file = Cc["@mozilla.org/file/local;1"].createInstance(Ci.nsIFile);
      file.initWithPath(path);
      const url = Services.io.newFileURI(file).mutate().setQuery("type=application/x-message-display").finalize();
      const opened = window.openDialog("chrome://messenger/content/messageWindow.xhtml", "_blank", "all,chrome,dialog=no", url);
      const until = async (what, look) => {
        for (let left = 300; left; left--) {
          const found = look();
          if (found) return found;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        throw new Error("waited in vain for " + what);
      };
      const about = await until("the window", () => opened.messageBrowser?.contentWindow);
      const pane = await until("the message", () => {
        const pane = about.getMessagePaneBrowser?.();
        return about.msgLoaded && pane?.contentDocument?.readyState === "complete" && pane.contentDocument.body && pane;
      });
      const page = pane.contentDocument;
      const found = hide ? page.querySelectorAll(hide).length : 0;
      if (hide) for (const element of page.querySelectorAll(hide)) if (element.localName !== "img") element.style.setProperty("display", "none", "important");
      // A tall window: the bar that says pictures were blocked takes room from the message, not from what is compared.
      opened.resizeTo(1000, 3000);
      await until("the window to grow", () => pane.contentWindow.innerHeight > 2200);
      const [width, height] = [800, 2200];
      await new Promise((resolve) => pane.contentWindow.requestAnimationFrame(() => resolve()));
      const global = pane.browsingContext.currentWindowGlobal;
      const bitmap = await global.drawSnapshot(new DOMRect(0, 0, width, height), 1, "white");
      const canvas = document.createElementNS("http://www.w3.org/1999/xhtml", "canvas");
      [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
      canvas.getContext("2d").drawImage(bitmap, 0, 0);
      const text = page.body?.innerText ?? "";
      opened.close();
      return { found, text, png: canvas.toDataURL("image/png").split(",")[1], version: Services.appinfo.version };
      `,
      [file, hide],
    );
  }

  async close() {
    await this.send("Marionette:Quit", { flags: ["eForceQuit"] }).catch(() => {});
    this.socket?.destroy();
    if (this.child.exitCode === null) await new Promise((ended) => this.child.once("exit", ended));
    rmSync(this.profile, { recursive: true, force: true });
  }
}

// Keeps pages live: local times, cards on hover, rows that change when something happened, desktop notifications.
// Everything works without it, except that pages then stand still and times are UTC.
"use strict";

const byId = (id) => document.getElementById(id);

// Times: the reader's own, short for what is near; the exact moment on hover.
function localise(root) {
  const now = new Date();
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    if (!time.dateTime.includes("T")) { // a day, the same everywhere
      time.textContent = at.toLocaleDateString([], { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
      continue;
    }
    const clock = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    const yesterday = new Date(now);
    yesterday.setDate(now.getDate() - 1);
    const day = at.toLocaleDateString([], {
      day: "numeric", month: "short", ...(at.getFullYear() === now.getFullYear() ? {} : { year: "numeric" }),
    });
    time.textContent =
      at.toDateString() === now.toDateString() ? clock
      : at.toDateString() === yesterday.toDateString() ? `yesterday, ${clock}`
      : `${day}, ${clock}`;
    time.title = at.toLocaleString([], { dateStyle: "full", timeStyle: "long" });
  }
}

// Cards open on click, key and touch by themselves (they are <details>). With a mouse they open on hover, too.
// One that was opened by hovering closes when the pointer leaves; Escape closes any.
function cards() {
  const hovers = matchMedia("(hover: hover) and (min-width: 44.01rem)");
  document.addEventListener("pointerover", (event) => {
    const card = event.target.closest?.("details.state");
    if (event.pointerType !== "mouse" || !hovers.matches || !card || card.open) return;
    card.open = true;
    card.dataset.hovered = "";
    card.addEventListener("pointerleave", () => {
      if ("hovered" in card.dataset) card.open = false;
      delete card.dataset.hovered;
    }, { once: true });
  });
  document.addEventListener("click", (event) => {
    const inside = event.target.closest?.("details.state");
    if (inside && "hovered" in inside.dataset && event.target.closest("summary")) {
      event.preventDefault(); // it is open already: the click pins it
      delete inside.dataset.hovered;
    }
    for (const card of document.querySelectorAll("details.state[open]")) if (card !== inside) card.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const card of document.querySelectorAll("details.state[open]")) {
      if (card.contains(document.activeElement)) card.querySelector("summary").focus();
      card.open = false;
    }
  });
}

// Puts new markup in the place of old, keeping what was unfolded and where the focus was.
function swap(old, fresh) {
  const unfolded = new Map([...old.querySelectorAll("details[id]")].map((d) => [d.id, d.open]));
  const focused = old.contains(document.activeElement) && document.activeElement.closest("[id]")?.id;
  const onSummary = document.activeElement?.tagName === "SUMMARY";
  old.replaceWith(fresh);
  localise(fresh);
  for (const [id, open] of unfolded) if (byId(id)) byId(id).open = open;
  if (focused && onSummary) byId(focused)?.querySelector("summary")?.focus();
}

async function fetched(url) {
  const answer = await fetch(url, { headers: { accept: "text/html" }, redirect: "error" });
  if (!answer.ok) return null;
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

async function refreshRow(id) {
  const row = (await fetched(`/messages/${id}/row`))?.querySelector("li.row");
  if (!row) return null;
  row.classList.add("fresh");
  const old = document.querySelector(`li[data-message="${CSS.escape(id)}"]`);
  const list = document.querySelector("#rows[data-newest]");
  if (old) swap(old, row);
  else if (list) {
    list.prepend(row);
    localise(row);
    byId("empty")?.remove();
  }
  return row;
}

async function refreshPage() {
  const fresh = (await fetched(location.href))?.querySelector("[data-page]");
  const old = document.querySelector("[data-page]");
  if (fresh && old) swap(old, fresh);
}

// Desktop notifications: asked for by a button, shown for the reader's own mails only.
function tell(event, row) {
  if (!row || !("mine" in row.dataset) || !("Notification" in window) || Notification.permission !== "granted") return;
  const copy = row.querySelector(`[data-copy="${CSS.escape(event.copy ?? "")}"]`);
  const who = copy?.dataset.address ?? "Somebody";
  const what = event.kind === "clicked" ? "followed a link in" : "has read";
  const note = new Notification(`${who} ${what}`, { body: row.dataset.subject || "(no subject)", tag: `overt-${event.seq}` });
  note.onclick = () => { window.focus(); location.href = `/messages/${event.message}`; };
}

function notifyButton() {
  const button = byId("notify");
  // Phones cannot show notifications of a page, only of a service worker: no button there.
  const desktop = matchMedia("(hover: hover)").matches;
  if (!button || !desktop || !("Notification" in window) || Notification.permission !== "default") return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const answer = await Notification.requestPermission();
    button.hidden = answer !== "default";
    byId("news").textContent = answer === "granted" ? "You will be told on this desktop while Overt is open in a tab." : "";
  });
}

// After events were missed: what is shown must be read anew. A page with a form is left alone, it may hold a draft.
async function anew() {
  if (!document.querySelector("#rows, [data-page]")) return;
  try {
    if ((await fetch("/healthz")).ok) return location.reload();
  } catch { /* the server is away */ }
  setTimeout(anew, 30_000);
}

function follow() {
  const waiting = new Map(); // message id → its latest events, so that a burst is one fetch
  let pageTimer = 0;
  const source = new EventSource("/api/v1/events");
  source.addEventListener("reload", () => { source.close(); anew(); });
  // A dropped connection is taken up again by the browser itself; an answer that is an error is not.
  source.addEventListener("error", () => { if (source.readyState === EventSource.CLOSED) setTimeout(anew, 30_000); });
  source.addEventListener("message", ({ data }) => {
    const event = JSON.parse(data);
    const page = document.querySelector("[data-page]");
    if (page && (page.dataset.message === event.message || (page.dataset.live === "consent" && event.kind === "consent"))) {
      clearTimeout(pageTimer);
      pageTimer = setTimeout(() => refreshPage().catch(() => {}), 100);
    }
    if (!event.message) return;
    if (!waiting.has(event.message)) {
      waiting.set(event.message, []);
      setTimeout(() => {
        const events = waiting.get(event.message);
        waiting.delete(event.message);
        const told = events.filter((e) => e.kind === "read" || e.kind === "clicked");
        if (!told.length && !document.querySelector("#rows")) return;
        refreshRow(event.message).then((row) => told.forEach((e) => tell(e, row))).catch(() => {});
      }, 100);
    }
    waiting.get(event.message).push(event);
  });
}

// The demo's mailbox looks for new mail by itself.
function watchMailbox() {
  let known = null;
  setInterval(async () => {
    try {
      const mails = await (await fetch("/messages.json")).json();
      const newest = mails.at(-1)?.id ?? "";
      if (known !== null && newest !== known) {
        const fresh = await fetched(location.href);
        for (const part of [".letters", ".boxes"]) {
          const [old, next] = [document.querySelector(part), fresh?.querySelector(part)];
          if (old && next) swap(old, next);
        }
      }
      known = newest;
    } catch { /* the demo has stopped, or is not back yet */ }
  }, 1500);
}

// On paper "07:13" is no date: the whole moment is printed.
addEventListener("beforeprint", () => {
  for (const time of document.querySelectorAll("time[title]")) {
    time.textContent = new Date(time.dateTime).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  }
});
addEventListener("afterprint", () => localise(document));

localise(document);
cards();
if ("mailbox" in document.body.dataset) watchMailbox();
if ("signedIn" in document.body.dataset) { notifyButton(); follow(); }

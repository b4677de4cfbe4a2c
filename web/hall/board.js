// Today's board: every lot of this hall with its phase and countdown. Read again every few seconds.

import { h, icon, Slot, tag } from "./dom.js";
import { HallClock, dateTime } from "./time.js";
import { leftText, withLot } from "./view-head.js";
import { setText, TopBar } from "./view-top.js";
import { firstLanguage, keepLanguage, LANGUAGES, pick } from "./words.js";

const EVERY = 5_000;
const byId = (id) => document.getElementById(id);

const page = { lots: null, at: null, failed: false, lang: firstLanguage(location, storageOrNone()), large: false };
const hall = new HallClock();
const top = new TopBar(byId("top"), { language, size });
const main = new Slot(byId("main"));
const notices = new Slot(byId("notices"));

// Names of phases as the hall writes them, mapped to the words of the page.
const PHASES = {
  receiving: "receiving", "intake-closed": "closing", frozen: "freezing", freezing: "freezing", signing: "freezing",
  degraded: "degraded", "degraded-notice": "degraded", ready: "ready", "bidders-published": "list",
  "seals-checked": "sealed", unsealing: "unsealing", "unsealing-prices": "unsealing", published: "published", "prices-published": "published",
  reading: "reading", read: "read", "reading-finished": "read", "record-generated": "record", adjourned: "adjourned", closed: "closed",
  failed: "failed", "too-few-bidders": "failed", terminated: "terminated",
};

/** One lot of the list in the page's form; tolerant of extra keys, null if it has no key at all. */
export function lotOf(item) {
  const [tender, lot] = typeof item.lot === "string" ? item.lot.split("/") : [item.lot?.tender, item.lot?.lot];
  if (!tender || !lot) return null;
  const name = String(item.phase ?? "").replace(/([a-z])([A-Z])/g, "$1-$2").toLowerCase();
  const phase = Object.hasOwn(PHASES, name) ? PHASES[name] : null;
  return { ...item, tender, lot, phase, name };
}

const ended = (lot) => ["closed", "failed", "terminated"].includes(lot.phase);

async function read() {
  const sent = performance.now();
  try {
    const [list, time] = await Promise.all([get("/api/v1/lots"), get("/api/v1/time")]);
    hall.ping(time.now, sent, performance.now());
    page.lots = (Array.isArray(list) ? list : list.lots).map(lotOf).filter(Boolean);
    page.at = time.now;
    page.failed = false;
  } catch {
    page.failed = true;
  }
  render();
  setTimeout(read, EVERY);
}

async function get(path) {
  const response = await fetch(path, { cache: "no-store" });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.json();
}

function render() {
  const w = LANGUAGES[page.lang];
  document.documentElement.lang = w.lang;
  document.documentElement.classList.toggle("large", page.large);
  document.title = `${w.board.title} · ${w.hallName}`;
  setText("skip", w.skip);
  top.update({ w, large: page.large, status: null, board: true });
  notices.show([page.failed, page.at, w], () => page.failed && h("p", { class: "strip wait", role: "status" }, icon("warn"),
    h("span", { text: page.at === null ? w.board.failed : w.board.stale(dateTime(page.at)) })));
  main.show([JSON.stringify(page.lots), page.failed, w], () => board(w));
  tick();
}

function board(w) {
  const head = h("div", { class: "boardhead" }, h("h1", { text: w.board.title }), h("p", { class: "mut", text: w.board.subtitle }));
  if (page.lots === null) return [head, h("section", { class: "card pad skeleton", "aria-busy": "true" }, h("div", { class: "bone wide" }), h("div", { class: "bone" }))];
  if (page.lots.length === 0) return [head, h("section", { class: "card pad" }, h("p", { class: "empty", text: w.board.empty }))];
  const running = (lot) => !ended(lot) && lot.phase !== "receiving" && lot.phase !== null;
  const groups = [
    [w.board.running, page.lots.filter(running)],
    [w.board.upcoming, page.lots.filter((lot) => !ended(lot) && !running(lot)).sort((a, b) => a.deadline - b.deadline)],
    [w.board.finished, page.lots.filter(ended).sort((a, b) => b.deadline - a.deadline)],
  ];
  return [head, groups.filter(([, lots]) => lots.length > 0).map(([name, lots]) =>
    h("section", { class: `card lots ${page.failed ? "stale" : ""}`, "aria-label": name },
      h("h2", { class: "hd" }, name, h("small", { text: String(lots.length) })),
      h("ul", {}, lots.map((lot) => lotRow(lot, w)))))];
}

function lotRow(lot, w) {
  const title = lot.title ? pick(lot.title, page.lang) : `${lot.tender}/${lot.lot}`;
  const sub = lot.lot_title ? pick(lot.lot_title, page.lang) : "";
  const kind = lot.phase === "failed" || lot.phase === "terminated" ? "bad" : lot.phase === "closed" ? "ok" : lot.phase === "receiving" ? "wait" : "";
  const word = lot.phase ? (lot.phase === "receiving" && lot.ceremony && lot.ceremony !== "ready" ? w.board.ceremony[lot.ceremony] : w.short[lot.phase])
    : w.board.ceremony[lot.ceremony] ?? lot.name;
  return h("li", {}, h("a", { href: `/lots/${encodeURIComponent(lot.tender)}/${encodeURIComponent(lot.lot)}`, id: `lot-${lot.tender}-${lot.lot}` },
    h("span", { class: "when" }, h("b", { text: dateTime(lot.deadline).slice(11, 16) }), h("small", { text: dateTime(lot.deadline).slice(0, 10) })),
    h("span", { class: "what" }, h("b", { text: sub ? withLot(title, sub, page.lang) : title }),
      h("small", {}, h("span", { class: "mono", text: `${lot.tender}/${lot.lot}` }),
        lot.tenderee && ` · ${lot.tenderee.name}`, lot.fictional && h("span", { text: ` · ${w.demo}` }))),
    h("span", { class: "chipcell" }, tag(kind, kind === "bad" ? "warn" : kind === "ok" ? "check" : kind === "wait" ? "clock" : "arrow", word)),
    h("span", { class: "togo", "data-deadline": String(lot.deadline), "data-ended": String(ended(lot)), role: "timer", "aria-live": "off", text: "" }),
    icon("arrow")));
}

function tick() {
  const w = LANGUAGES[page.lang];
  const local = performance.now();
  const now = hall.at(local);
  top.tick({ w, now, clockState: hall.state(local) });
  if (now === null) return;
  for (const node of document.querySelectorAll("[data-deadline]")) {
    const wait = Number(node.dataset.deadline) - now;
    const text = node.dataset.ended === "true" ? w.board.ended : wait > 0 ? leftText(wait, w) : w.board.started;
    if (node.textContent !== text) node.textContent = text;
    node.classList.toggle("word", wait <= 0 || node.dataset.ended === "true");
  }
}

function language() {
  page.lang = page.lang === "zh" ? "en" : "zh";
  keepLanguage(page.lang, storageOrNone());
  render();
}

function size() {
  page.large = !page.large;
  render();
}

function storageOrNone() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

render();
read();
setInterval(tick, 250);

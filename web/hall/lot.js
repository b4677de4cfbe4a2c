// The page of one lot: connects the feed, the state and the views. Nothing here decides anything.

import { RoomFeed } from "./live.js";
import { digits } from "./money.js";
import { phaseOf, readableOf } from "./phase.js";
import { initial, reduce } from "./reduce.js";
import { HallClock, left } from "./time.js";
import { Bids } from "./view-bids.js";
import { Chart } from "./view-chart.js";
import { Head, leftText, nowSentence, targetOf } from "./view-head.js";
import { Foot, Log, readCheckpoint, Tabs } from "./view-log.js";
import { Stage } from "./view-stage.js";
import { Schedule } from "./view-table.js";
import { Notices, setText, TopBar } from "./view-top.js";
import { firstLanguage, keepLanguage, LANGUAGES, pick, shortOf } from "./words.js";

const byId = (id) => document.getElementById(id);
const [, , tender = "", lot = ""] = location.pathname.split("/").map(decodeURIComponent);
const api = `/api/v1/lots/${encodeURIComponent(tender)}/${encodeURIComponent(lot)}`;
const file = `${tender}-${lot}.kbe.zip`;
const phones = matchMedia("(max-width: 640px)");
const SPOKEN = [600, 300, 60, 10]; // seconds before the deadline that are announced

const page = {
  state: initial(), status: { mode: "connecting", attempt: 0, since: null, missed: 0, fault: null },
  lang: firstLanguage(location, localStorageOrNone()), large: false, tab: "main", checkpoint: null, missing: false,
  restored: null, restoredAt: 0, caughtUp: false, spoken: null,
};
const hall = new HallClock();
const views = {
  top: new TopBar(byId("top"), { language, size }),
  notices: new Notices(byId("notices")),
  head: new Head(byId("now"), byId("project"), byId("steps")),
  stage: new Stage(byId("stage"), byId("after")),
  table: new Schedule(byId("table")),
  bids: new Bids(byId("bids")),
  chart: new Chart(byId("chart")),
  log: new Log(byId("log")),
  foot: new Foot(byId("foot")),
  tabs: new Tabs(byId("tabs"), (tab) => { page.tab = tab; render(); scrollTo(0, 0); }),
};

const feed = new RoomFeed(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${api}/room`, 0, {
  open: (url) => new WebSocket(url),
  now: () => performance.now(),
  random: Math.random,
  later: (run, ms) => setTimeout(run, ms),
  cancel: (id) => clearTimeout(id),
  readLog: async (since) => (await ok(fetch(`${api}/log?since=${since}`, { cache: "no-store" }))).text(),
}, { entries, status, stamp: (now, local) => hall.stamp(now, local) });

function entries(list) {
  for (const entry of list) {
    const before = page.state;
    page.state = reduce(before, entry);
    if (page.caughtUp && entry.kind === "price-read") sayReading(page.state.readings[page.state.readings.length - 1]);
  }
  schedule();
  if (page.caughtUp) wantCheckpoint();
}

function status(next) {
  const before = page.status;
  page.status = next;
  const live = next.mode === "live" || (next.mode === "polling" && next.since === null);
  if (live && !page.caughtUp) wantCheckpoint();
  page.caughtUp = page.caughtUp || live;
  if (live && before.since !== null && performance.now() - before.since > 3_000) {
    page.restored = before.missed;
    page.restoredAt = performance.now();
  }
  schedule();
}

let scheduled = false;
function schedule() {
  if (scheduled) return;
  scheduled = true;
  setTimeout(() => {
    scheduled = false;
    render();
  }, 16); // a burst of entries is painted once; a hidden tab still keeps its title
}

function context() {
  const local = performance.now();
  const now = hall.at(local);
  return {
    ...page, lotKey: `${tender}/${lot}`, w: LANGUAGES[page.lang], phase: phaseHere(now), now, local, clockState: hall.state(local),
    phone: phones.matches, api, file,
  };
}

// A lot whose log is still empty is not yet published; before the log is read nobody can say.
function phaseHere(now) {
  const phase = phaseOf(page.state, now);
  if (phase !== "empty") return phase;
  return page.missing ? "missing" : page.caughtUp ? "unpublished" : "empty";
}

function render() {
  const ctx = context();
  document.documentElement.lang = ctx.w.lang;
  document.documentElement.classList.toggle("large", page.large);
  byId("cols").dataset.tab = page.tab;
  byId("cols").dataset.phase = ctx.phase;
  setText("skip", ctx.w.skip);
  byId("tabs").setAttribute("aria-label", ctx.w.tabs.name);
  for (const view of Object.values(views)) view.update(ctx);
  tick();
}

// What changes with the clock alone: texts of existing nodes, never the structure.
let phaseShown = null;
function tick() {
  const ctx = context();
  if (phaseShown !== null && phaseShown !== ctx.phase) schedule();
  phaseShown = ctx.phase;
  if (page.restored !== null && ctx.local - page.restoredAt > 3_000) {
    page.restored = null;
    schedule();
  }
  views.notices.update(ctx);
  views.top.tick(ctx);
  views.head.tick(ctx);
  views.stage.tick(ctx);
  title(ctx);
  announce(ctx);
}

function title(ctx) {
  const { state, phase, w, now } = ctx;
  const target = targetOf(state, phase);
  const what = state.lot ? pick(state.lot.title, page.lang) : w.hallName;
  const last = state.readings[state.readings.length - 1];
  const doing = phase === "reading" ? `${w.short.reading} ${w.reading.positionShort(last.position, readableOf(state))}`
    : target !== null && now !== null ? w.titleLeft(leftText(target - now, w), w.short[phase]) : shortOf(state, phase, w);
  const text = `${doing} · ${what}`;
  if (document.title !== text) document.title = text;
}

// One polite region: the sentence of the moment when it changes, and the last minutes of a countdown.
let saidSentence = null;
function announce(ctx) {
  const { state, phase, w, now } = ctx;
  if (!page.caughtUp) return;
  const sentence = nowSentence(state, phase, w);
  if (sentence !== saidSentence && phase !== "reading") say(sentence);
  saidSentence = sentence;
  if (phase !== "receiving" || now === null) return;
  const seconds = left(state.lot.deadline - now).seconds;
  const due = SPOKEN.find((mark) => seconds === mark) ?? null;
  if (due !== null && due !== page.spoken) say(w.announceLeft(left(due * 1000).text));
  page.spoken = due ?? page.spoken;
}

function sayReading(reading) {
  const w = LANGUAGES[page.lang];
  const amount = reading.total ? digits(reading.total.minor).replace(/,|\.00$/g, "") : null;
  say(w.announceRead(reading.position, reading.bidder.name, amount));
}

function say(text) {
  setText("say", text);
}

let checkpointAt = -Infinity;
let checkpointDue = null;
function wantCheckpoint() {
  if (checkpointDue !== null) return;
  checkpointDue = setTimeout(async () => {
    checkpointDue = null;
    checkpointAt = performance.now();
    try {
      page.checkpoint = readCheckpoint(await (await ok(fetch(`${api}/checkpoint`, { cache: "no-store" }))).text()) ?? page.checkpoint;
      schedule();
    } catch {
      // The last checkpoint stays on the page; the next entry asks again.
    }
  }, Math.max(300, checkpointAt + 5_000 - performance.now()));
}

async function ping() {
  for (let round = 0; round < 3; round += 1) {
    const sent = performance.now();
    try {
      const { now } = await (await ok(fetch("/api/v1/time", { cache: "no-store" }))).json();
      hall.ping(now, sent, performance.now());
    } catch {
      return; // heartbeats keep the clock; the pill says how far it can be trusted
    }
  }
}

async function ok(request) {
  const response = await request;
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response;
}

function language() {
  page.lang = page.lang === "zh" ? "en" : "zh";
  keepLanguage(page.lang, localStorageOrNone());
  saidSentence = null;
  render();
}

function size() {
  page.large = !page.large;
  render();
}

function localStorageOrNone() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

async function begin() {
  render();
  const known = await fetch(api, { cache: "no-store" }).catch(() => null);
  if (known && known.status === 404) {
    page.missing = true;
    render();
    return;
  }
  feed.start();
  ping();
  setInterval(tick, 200);
  setInterval(ping, 60_000);
  addEventListener("online", () => feed.wake());
  phones.addEventListener("change", render);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") return;
    feed.wake();
    ping();
  });
}

begin();

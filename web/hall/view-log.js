// The right column's lists: the latest log entries in words, the refused acts; and the foot and tabs.

import { digest, h, icon, Slot, tag } from "./dom.js";
import { figures } from "./money.js";
import { nameOf, tilesOf } from "./phase.js";
import { clock, date, dateTime } from "./time.js";

const SHOWN = 60;
const PLAIN = new Set(["tick"]);
const LOUD = { refused: "bad", "custodian-refused": "bad", "too-few-bidders": "bad", "freeze-degraded": "wait", "opening-paused": "wait", "measure-asked": "wait", "measure-taken": "wait", unknown: "wait" };

/** One log entry in words, from the short form kept in the state. */
export function describe(event, state, w) {
  const name = typeof event.bidder === "string" ? nameOf(state, event.bidder) : null;
  return w.kind[event.kind]({ ...event, name: name ?? event.name, amount: event.total ? figures(event.total) : "",
    time: event.deadline ? dateTime(event.deadline) : "", holder: w.hold.holders[event.holder],
    reason: w.hold.reasons[event.reason] ?? event.reason, measure: w.hold.measures[event.measure],
    fault: w.table.decided[event.fault], what: w.what[event.what] });
}

/** Who caused an entry, in words; the hall itself is not named. */
export function actor(by, w) {
  const [role, who] = by.split(":");
  if (role === "hall") return "";
  const word = w.log.actors[role] ?? role;
  return typeof word === "function" ? word(who) : word;
}

export class Log {
  #slot;

  constructor(node) {
    this.#slot = new Slot(node);
  }

  update({ state, w }) {
    this.#slot.show([state.events, state.refusals, state.bidders, state.lot, w], () => state.lot ? [logCard(state, w), refusalsCard(state, w)] : []);
  }
}

function logCard(state, w) {
  const events = state.events.slice(-SHOWN).reverse();
  return h("section", { class: "card feed", "aria-labelledby": "h-log" },
    h("h2", { class: "hd", id: "h-log" }, w.log.title, h("span", { class: "sp" }), h("small", { text: w.log.count(state.next) })),
    events.length === 0 ? h("p", { class: "empty", text: w.log.empty })
      : h("ol", { class: "events", id: "events", tabindex: "0", "aria-labelledby": "h-log" }, events.map((event, place) => {
        const newer = events[place - 1] ?? event;
        const who = actor(event.by, w);
        const words = describe(event, state, w);
        const named = (event.by.startsWith("bidder:") && nameOf(state, event.by.slice(7))) || who;
        const index = event.from === event.i ? w.log.entry(event.i) : w.log.entries(event.from, event.i);
        const day = date(event.at) !== date(newer.at) && h("li", { class: "day", text: date(event.at) });
        return [day, h("li", { class: `${PLAIN.has(event.kind) ? "sys" : ""} ${LOUD[event.kind] ?? ""}` },
          h("time", { text: clock(event.at) }),
          h("span", {}, LOUD[event.kind] && icon("warn"), who && !words.includes(who) && !words.includes(named) && h("span", { class: "who", text: `${who} ` }),
            h("span", { text: words })),
          h("span", { class: "index", title: index, text: `#${event.i}` }))];
      })));
}

function refusalsCard(state, w) {
  if (state.refusals.length === 0) return null;
  return h("section", { class: "card", "aria-labelledby": "h-ref" },
    h("h2", { class: "hd", id: "h-ref" }, w.log.refusals, h("small", { text: String(state.refusalCount) }), h("span", { class: "sp" }), h("small", { text: w.log.refusalsNote })),
    h("ul", { class: "refusals" }, [...state.refusals].reverse().map((refusal) => h("li", {},
      h("p", {}, tag("bad", "cross", actor(refusal.actor, w) || w.log.actors.hall), h("code", { class: "mono", text: refusal.command }), h("time", { text: clock(refusal.at) })),
      h("p", { text: w.lang === "en" ? refusal.en : refusal.zh }),
      h("p", { class: "mut sm" }, h("code", { class: "mono", text: refusal.label }),
        refusal.article && h("span", { text: ` · ${w.log.article(refusal.article)}` }))))));
}

/** The foot: how long the log is, the latest checkpoint, and the evidence once there is any. */
export class Foot {
  #slot;

  constructor(node) {
    this.#slot = new Slot(node);
  }

  update({ state, w, api, checkpoint, file }) {
    this.#slot.show([state.next, state.at, checkpoint, state.closedAt, state.lot, w], () => !state.lot ? [] : [
      icon("shield"),
      h("span", {}, h("b", { text: w.foot.log(state.next) })),
      checkpoint && h("span", {}, `${w.foot.checkpoint} `, digest(checkpoint.root), ` ${w.foot.size(checkpoint.size)}`),
      state.at !== null && h("span", { text: `${w.foot.lastEntry} ${clock(state.at)}` }),
      h("span", { class: "sp" }),
      h("a", { href: `${api}/log`, id: "raw-log", text: w.foot.raw }),
      state.closedAt !== null && h("a", { href: `${api}/evidence`, download: file, id: "evidence-foot", text: w.foot.evidence }),
    ]);
  }
}

/** The tabs of the phone layout. `choose(name)` */
export class Tabs {
  #slot; #choose;

  constructor(node, choose) {
    this.#slot = new Slot(node);
    this.#choose = choose;
  }

  update({ state, w, tab }) {
    const tiles = state.frozen ? tilesOf(state) : [];
    const done = tiles.filter((tile) => tile.status === "opened").length;
    const bids = state.prices ? `${w.tabs.bids} ${done}/${tiles.length}` : w.tabs.bids;
    const items = [["main", "table", w.tabs.main], ["bids", "unlock", bids], ["chart", "chart", w.tabs.chart], ["log", "list", w.tabs.log]];
    this.#slot.show([w, tab, bids], () => items.map(([name, iconName, text]) =>
      h("button", { type: "button", id: `tab-${name}`, class: tab === name ? "on" : "", "aria-pressed": String(tab === name), onclick: () => this.#choose(name) },
        icon(iconName), h("span", { text }))));
  }
}

/** A C2SP checkpoint's first lines: `{ size, root (hex) }`; null if the text is not one. */
export function readCheckpoint(text) {
  const [origin, size, root] = text.split("\n");
  if (!origin || !/^(0|[1-9]\d*)$/.test(size ?? "") || !/^[A-Za-z0-9+/]{43}=$/.test(root ?? "")) return null;
  const hex = [...atob(root)].map((c) => c.charCodeAt(0).toString(16).padStart(2, "0")).join("");
  return { size: Number(size), root: hex };
}

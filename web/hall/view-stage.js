// The card in the middle: what is happening now. One builder per phase; all read the state only.

import { h, icon, s, Slot, tag, wholeDigest } from "./dom.js";
import { countOf, currentBids, otherFields } from "./envelope.js";
import { capital, digits, fieldValue, sign } from "./money.js";
import { pieces, quorum, readableOf, sealOf, spokenPiece } from "./phase.js";
import { dateTime, clock } from "./time.js";
import { drawsCard } from "./view-draws.js";
import { closedCard, confirmCard, endedCard, failedCard, objectionsCard, recordCard } from "./view-end.js";
import { adjournedCard, earlierCards } from "./view-envelope.js";
import { leftText, targetOf } from "./view-head.js";
import { custodians, ring, row } from "./view-parts.js";
import { resultCard } from "./view-result.js";
import { setText } from "./view-top.js";
import { pick, shortOf, whatOf } from "./words.js";

const BEFORE_READ = new Set(["ready", "list", "sealed", "unsealing", "published", "reading"]);

export class Stage {
  #stage; #after; #reading = null;

  constructor(stage, after) {
    this.#stage = new Slot(stage);
    this.#after = new Slot(after);
  }

  update(ctx) {
    const { state, phase, w, lang } = ctx;
    // What happens now stands first: a draw that waits for custodians, and the outcomes after the reading.
    const runs = Object.values(state.draws);
    const drawing = runs.some((run) => run.outcome === null) || (phase === "read" && runs.length > 0);
    this.#stage.show([phase, w, lang, drawing && state.draws, ...inputs(state, phase)], () => {
      this.#reading = null;
      return [drawing ? drawsCard(ctx) : null, this.#card(ctx)].flat();
    });
    const past = phase === "closed" || phase === "adjourned";
    // After the first envelope objections may come before the reading.
    const objecting = past || phase === "record" || (BEFORE_READ.has(phase) && state.objections.length > 0);
    this.#after.show([phase, w, state.objections, past && state.record, state.bidders, state.recordSignatures,
      state.draws, drawing, state.prices !== null, lang, state.earlier, state.results], () =>
      [resultCard(ctx), drawing ? null : drawsCard(ctx), past ? recordCard(ctx) : null, objecting ? objectionsCard(ctx) : null, ...earlierCards(ctx)]);
  }

  #card(ctx) {
    switch (ctx.phase) {
      case "empty": return loadingCard(ctx);
      case "unpublished": case "missing": return homeCard(ctx);
      case "receiving": case "due": case "closing": return beforeCard(ctx);
      case "freezing": case "degraded": case "ready": case "list": case "sealed": return freezeCard(ctx);
      case "unsealing": return unsealCard(ctx);
      case "published": return publishedCard(ctx);
      case "reading": return this.#readingCard(ctx);
      case "read": return confirmCard(ctx);
      case "record": return recordCard(ctx);
      case "adjourned": return adjournedCard(ctx);
      case "closed": return closedCard(ctx);
      case "terminated": return endedCard(ctx);
      default: return failedCard(ctx);
    }
  }

  tick({ state, phase, w, now }) {
    const target = targetOf(state, phase);
    if (target !== null && now !== null) {
      setText("countdown", leftText(target - now, w));
    }
    if (this.#reading && now !== null) this.#reading(now);
  }

  #readingCard({ state, w, lang }) {
    const reading = state.readings[state.readings.length - 1];
    const bid = state.prices.bids.find((b) => b.bidder.code === reading.bidder.code);
    const all = readableOf(state);
    const list = pieces(lang === "en" && reading.en ? reading.en : reading.zh);
    const spans = list.map((piece) => h("span", { text: piece.text }));
    const wave = waves();
    const title = h("span", { class: "doing", text: w.reading.title });
    let shown = -1;
    this.#reading = (now) => {
      const said = Math.min(now, state.hold?.at ?? now) - reading.at - reading.held; // a held reading stands still
      const index = spokenPiece(list, said / Math.max(1, reading.duration));
      if (index === shown) return;
      shown = index;
      spans.forEach((span, i) => span.setAttribute("class", i < index ? "said" : i === index ? "on" : ""));
      const over = index === list.length;
      wave.classList.toggle("still", over);
      title.textContent = over ? w.reading.finished : w.reading.title;
    };
    const priced = reading.total !== null;
    const agrees = !priced || reading.capital === capital(reading.total);
    return h("section", { class: "card nw", "aria-label": w.reading.title },
      h("div", { class: "l1" }, wave, title,
        h("span", { class: "hide-m", text: w.reading.position(reading.position, all) }),
        h("span", { class: "only-m", text: w.reading.positionShort(reading.position, all) }),
        h("span", { class: "sp" }),
        bid?.over && tag("bad", "warn", w.reading.overCeiling),
        sealOf(state, reading.bidder.code) === true && tag("ok", "shield", w.reading.sealed)),
      h("div", { class: "body" },
        h("div", { class: "who" }, h("h2", { text: reading.bidder.name }), priced ? fieldList(state, bid, lang) : fieldFigures(state, bid, lang)),
        priced && h("div", { class: `amt ${bid?.over ? "over" : ""}` },
          h("b", {}, h("small", { text: sign(reading.total.currency) }), digits(reading.total.minor)))),
      priced && h("p", { class: "cap", lang: "zh-CN" }, reading.capital,
        agrees ? null : h("span", {}, " ", tag("bad", "warn", w.reading.capitalDiffers))),
      h("p", { class: "read", lang: lang === "en" && reading.en ? "en" : "zh-CN" }, spans));
  }
}

// What a phase's card depends on, so that it is not rebuilt by unrelated entries.
function inputs(state, phase) {
  switch (phase) {
    case "receiving": case "due": case "closing": case "empty": case "unpublished": case "missing": return [state.lot, state.intake, state.postponement];
    case "unsealing": return [state.partials, state.custodianRefusals, state.freezeDone];
    case "published": return [state.prices, state.stage];
    case "reading": return [state.readings, state.prices, state.hold];
    case "read": return [state.confirmed, state.objections, state.readings, state.window];
    case "adjourned": return [state.adjourned, state.passed, state.passedAsked, state.bidders];
    case "record": case "closed": return [state.record, state.recordSignatures, state.confirmed, state.documents, state.closedAt, state.destroyed];
    case "failed": case "terminated": return [state.failed, state.ended, state.destroyed];
    default: return [state.frozen, state.freezeSigners, state.degraded, state.freezeDone, state.seals, state.bidders, state.stage];
  }
}

function fieldList(state, bid, lang) {
  return h("div", { class: "kv" }, filled(state, bid).map((field) => h("span", {}, `${pick(field, lang)} `,
    h("b", { text: fieldValue(field, bid.fields[field.key]) }), field.unit && ` ${pick(field.unit, lang)}`)));
}

// Where no price is read, the fields are the figures of the moment.
function fieldFigures(state, bid, lang) {
  return h("dl", { class: "numbers said-fields" }, filled(state, bid).map((field) => h("div", {}, h("dt", { text: pick(field, lang) }),
    h("dd", {}, fieldValue(field, bid.fields[field.key]), field.unit && h("small", { text: ` ${pick(field.unit, lang)}` })))));
}

const filled = (state, bid) => otherFields(state).filter((field) => bid?.fields?.[field.key]);

function waves() {
  const heights = [6, 11, 15, 9, 14, 7, 12, 8, 5];
  return s("svg", { class: "wave", viewBox: "0 0 44 16", "aria-hidden": "true" },
    heights.map((size, index) => s("rect", { x: index * 5, y: (16 - size) / 2, width: 3, height: size, rx: 1.5 })));
}

function loadingCard({ w }) {
  return h("section", { class: "card pad skeleton", "aria-busy": "true" }, h("p", { class: "mut", text: w.loading }),
    h("div", { class: "bone wide" }), h("div", { class: "bone" }), h("div", { class: "bone short" }));
}

// Nothing to show here: the way back to the board.
function homeCard({ w }) {
  return h("p", { class: "actions" }, h("a", { class: "btn", href: "/", id: "board-link" }, icon("list"), w.backToBoard));
}

function beforeCard({ state, phase, w }) {
  const lot = state.lot;
  const open = phase === "receiving";
  const rule = w.before.rule;
  const rules = [
    ["clock", rule.deadline(dateTime(lot.deadline))],
    ["list", rule.minimum(lot.min_bidders)],
    ["key", rule.threshold(lot.threshold.k, lot.threshold.n)],
    ["shield", rule.seals],
    ["table", rule.oneStep(whatOf(state, w))],
    ...(countOf(lot) > 1 ? [["envelope", rule.envelopes(countOf(lot))]] : []),
    ["hand", rule.objection],
  ];
  const moved = state.postponed.at(-1);
  const asked = state.postponement;
  return [
    moved && h("p", { class: "card pad notice amber-text", id: "postponed" }, icon("warn"), h("span", { text: w.before.postponed(dateTime(moved.from), moved.reason) })),
    asked && h("p", { class: "card pad notice", id: "postponement" }, icon("clock"), h("span", { text: w.before.asked(dateTime(asked.deadline), asked.reason) })),
    h("section", { class: "card nw wait-card", "aria-label": w.before.title },
      h("div", { class: "count" },
        h("div", { class: "lbl", text: open ? w.untilDeadline : w.short[phase] }),
        open ? h("div", { class: "huge", id: "countdown", role: "timer", "aria-live": "off", text: "--:--" })
          : h("div", { class: "huge", text: clock(lot.deadline) }),
        h("div", { class: "lbl", text: `${w.beijing} ${dateTime(lot.deadline)}` })),
      h("div", { class: "secret" }, icon("lock"),
        h("div", {}, h("h2", { text: w.before.secret }), h("p", { text: w.before.secretNote })))),
    h("section", { class: "card", "aria-labelledby": "h-rules" }, h("h2", { class: "hd", id: "h-rules", text: w.before.rules }),
      h("ul", { class: "rules" }, rules.map(([name, text]) => h("li", {}, icon(name), h("span", { text }))))),
  ];
}

function freezeCard({ state, phase, w }) {
  const { lot, frozen, degraded } = state;
  const need = quorum(lot.threshold);
  const list = state.seals ? state.seals.results : [];
  const good = list.filter((result) => result.sealed).length;
  return [
    degraded && !state.freezeDone && degradedCard(state, w),
    h("section", { class: "card nw", "aria-label": w.facts.title },
      h("div", { class: "l1" }, icon(phase === "freezing" ? "clock" : "lock"), h("span", { class: "doing", text: shortOf(state, phase, w) }), h("span", { class: "sp" }),
        phase === "sealed" && tag(good === list.length ? "ok" : "bad", good === list.length ? "shield" : "warn", w.tiles.checked(good, list.length)),
        tag(state.freezeDone ? "ok" : "wait", state.freezeDone ? "check" : "clock", `${w.facts.signers} ${w.facts.signed(state.freezeSigners.length, lot.threshold.n)}`)),
      h("div", { class: "body" }, h("div", { class: "who" },
        h("h2", { class: "hero", text: w.facts.count(currentBids(state).length) }),
        h("p", { class: "mut", text: state.bidders ? w.unseal.readyNote : state.stage > 1 ? w.adjourned.whoTakesPart(state.stage - 1) : w.facts.namesLater }))),
      custodians(lot, state.freezeSigners, [], degraded ? degraded.absent : [], w.facts.hasSigned, w),
      h("p", { class: "mut sm", text: `${w.facts.quorum(need)} · ${w.facts.freezeId}` }), wholeDigest(frozen.freezeId)),
  ];
}

function degradedCard({ degraded, lot }, w) {
  return h("section", { class: "card pad amber", "aria-labelledby": "h-deg" },
    h("h2", { class: "hd0", id: "h-deg" }, icon("warn"), w.degradedCard.title),
    h("p", { text: w.degradedCard.note(lot.threshold.k) }),
    h("div", { class: "degraded" },
      h("div", {}, h("div", { class: "lbl", text: w.untilNotice }), h("div", { class: "huge", id: "countdown", role: "timer", "aria-live": "off", text: "--:--" })),
      h("dl", { class: "facts" },
        row(w.degradedCard.absent, w.facts.absent(degraded.absent.join("、"))),
        row(w.degradedCard.until, clock(degraded.until)),
        ["host", "supervisor"].map((role) => {
          const done = degraded.approved.find((approval) => approval.role === role);
          return row(`${w.degradedCard.approvals} · ${w.facts.roles[role]}`, done ? clock(done.at) : w.facts.pending);
        }))));
}

function unsealCard({ state, w }) {
  const { k } = state.lot.threshold;
  const have = state.partials.price.length;
  const refused = state.custodianRefusals.filter((refusal) => !state.partials.price.some((p) => p.custodian === refusal.custodian));
  return h("section", { class: "card nw", "aria-label": w.unseal.title },
    h("div", { class: "l1" }, icon("key"), h("span", { class: "doing", text: w.unseal.title }), h("span", { class: "sp" }),
      tag(have >= k ? "ok" : "wait", have >= k ? "check" : "clock", have >= k ? w.unseal.enough : w.unseal.need(k - have))),
    h("div", { class: "body ringrow" }, ring(have / k, `${Math.min(have, k)}/${k}`),
      h("div", { class: "who" }, h("h2", { text: w.unseal.share(have, k) }), h("p", { class: "mut", text: w.unseal.promise(whatOf(state, w)) }))),
    custodians(state.lot, state.partials.price, refused, state.degraded && state.freezeDone?.degraded ? state.degraded.absent : [], w.unseal.received, w));
}

function publishedCard({ state, w }) {
  const what = whatOf(state, w);
  return h("section", { class: "card nw", "aria-label": w.reading.waitingTitle(what) },
    h("div", { class: "l1" }, icon("table"), h("span", { class: "doing", text: w.short.published }), h("span", { class: "sp" }),
      h("span", { class: "mut", text: clock(state.prices.at) })),
    h("div", { class: "body" }, h("div", { class: "who" }, h("h2", { class: "hero", text: w.reading.waitingTitle(what) }),
      h("p", { class: "mut", text: w.reading.waitingNote(readableOf(state), what) }))));
}


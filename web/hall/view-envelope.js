// What a lot with several envelopes shows besides: the sign near the title, the adjournment, and the
// envelopes that are already over.

import { digest, h, icon, tag } from "./dom.js";
import { countOf, envelopeAt, isPriced } from "./envelope.js";
import { fieldValue, figures } from "./money.js";
import { nameOf } from "./phase.js";
import { clock, dateTime } from "./time.js";
import { row } from "./view-parts.js";
import { pick } from "./words.js";

/** What is in an envelope; the last one has no title in the tender file. */
export function envelopeTitle(lot, stage, w, lang) {
  const { title } = envelopeAt(lot, stage);
  return title ? pick(title, lang) : w.envelope.last;
}

/** Which envelope is opened, as one bar for each and in words. */
export function envelopeSign({ lot, stage }, w, lang) {
  const all = countOf(lot);
  const bars = Array.from({ length: all }, (_, at) => h("i", { class: at + 1 < stage ? "done" : at + 1 === stage ? "now" : "" }));
  return h("p", { class: "envsign", id: "envelope" }, icon("envelope"), h("span", { class: "bars", "aria-hidden": "true" }, bars),
    h("span", { text: w.envelope.sign(stage, all, envelopeTitle(lot, stage, w, lang)) }));
}

/** Between two envelopes: the evaluation, the list of who passed, and when the opening goes on. */
export function adjournedCard(ctx) {
  const { state, w } = ctx;
  const list = state.passed ?? state.passedAsked;
  const [kind, name, text] = state.passed ? ["ok", "check", w.adjourned.isApproved(clock(state.passed.approvedAt))]
    : list ? ["wait", "clock", w.adjourned.waits(list.no)] : ["wait", "clock", w.adjourned.runs];
  return h("section", { class: "card nw adjourned", "aria-labelledby": "h-adj" },
    h("div", { class: "l1" }, icon("clock"), h("h2", { class: "doing", id: "h-adj", text: state.passed ? w.adjourned.evaluated(state.stage) : w.adjourned.title(state.stage) }), h("span", { class: "sp" }),
      tag(kind, name, text)),
    list ? countdown(list, w) : h("p", { class: "lead", text: w.adjourned.note(state.stage + 1) }),
    list?.reason && h("p", { class: "sm amber-text", text: w.adjourned.few(list.reason) }),
    state.passed ? outcome(ctx, state.passed) : list && h("p", { class: "mut sm", text: w.adjourned.later }));
}

function countdown(list, w) {
  return h("div", { class: "degraded" },
    h("div", {}, h("div", { class: "lbl", text: w.untilReconvening }), h("div", { class: "huge", id: "countdown", role: "timer", "aria-live": "off", text: "--:--" })),
    h("dl", { class: "facts" }, row(w.adjourned.goesOn, dateTime(list.reconvene)),
      row(w.adjourned.passed, w.failedCard.homes(list.passed.length)), row(w.adjourned.failed, w.failedCard.homes(list.failed.length))));
}

// Who passed, and who did not and why.
function outcome({ state, w }, { passed, failed }) {
  return h("div", { class: "outcome" },
    h("div", {}, h("h3", { text: w.adjourned.goOn(state.stage + 1) }),
      h("ul", { class: "passed" }, passed.map((code) => h("li", {}, icon("check"), h("span", { text: nameOf(state, code) ?? code }))))),
    failed.length > 0 && h("div", {}, h("h3", { text: w.adjourned.failed }),
      h("ul", { class: "notpassed" }, failed.map(({ bidder, reason }) => h("li", {}, icon("lock"),
        h("span", {}, h("b", { text: nameOf(state, bidder) ?? bidder }), h("span", { class: "why", text: reason }))))),
      h("p", { class: "kept sm", text: w.adjourned.kept })));
}

/** One compact card for each envelope that is over, the latest first. */
export function earlierCards(ctx) {
  return [...ctx.state.earlier].reverse().map((left) => earlierCard(left, ctx));
}

function earlierCard(left, { state, w, lang }) {
  const { lot } = state;
  const name = (code) => nameOf(state, code) ?? code;
  const said = (code) => saidOf(left, lot, code, lang);
  return h("section", { class: "card earlier", "aria-labelledby": `h-envelope-${left.stage}` },
    h("h2", { class: "hd", id: `h-envelope-${left.stage}` }, w.envelope.nth(left.stage), h("span", { class: "sp" }),
      h("small", { text: envelopeTitle(lot, left.stage, w, lang) })),
    h("dl", { class: "facts" },
      row(w.envelope.record, digest(left.record)),
      row(w.envelope.read, w.failedCard.homes(left.read)),
      row(w.envelope.adjourned, dateTime(left.adjournedAt).slice(5)),
      row(w.envelope.reconvened, dateTime(left.reconvenedAt).slice(5))),
    h("ul", { class: "was" },
      left.passed.map((code) => h("li", { class: "ok" }, icon("check"), h("span", {}, h("b", { text: name(code) }), h("small", { text: said(code) })))),
      left.failed.map(({ bidder, reason }) => h("li", { class: "out" }, icon("lock"),
        h("span", {}, h("b", { text: name(bidder) }), h("small", { text: w.envelope.notPassed(reason) }))))),
    left.failed.length > 0 && h("p", { class: "under", text: w.adjourned.kept }));
}

// What was read of one bidder, in one line.
function saidOf(left, lot, code, lang) {
  const bid = left.bids.find((one) => one.bidder.code === code);
  const { fields } = envelopeAt(lot, left.stage);
  const rest = isPriced({ lot, stage: left.stage }) ? fields.slice(1) : fields;
  const words = rest.filter((field) => bid?.fields?.[field.key]).map((field) =>
    `${pick(field, lang)} ${fieldValue(field, bid.fields[field.key])}${field.unit ? ` ${pick(field.unit, lang)}` : ""}`);
  return [...(bid?.total ? [figures(bid.total)] : []), ...words].join(" · ");
}

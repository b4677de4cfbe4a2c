// The cards of the last steps: confirmation and objections, record, closing, failure.

import { h, icon, tag, wholeDigest } from "./dom.js";
import { currentBids } from "./envelope.js";
import { nameOf, readableOf } from "./phase.js";
import { clock } from "./time.js";
import { ring } from "./view-parts.js";
import { whatOf } from "./words.js";

export function confirmCard(ctx) {
  const { state, w } = ctx;
  const have = Object.keys(state.confirmed).length;
  const all = state.readings.length;
  const what = whatOf(state, w);
  return [
    h("section", { class: "card nw", "aria-label": w.confirm.title(what) },
      h("div", { class: "l1" }, icon("check"), h("span", { class: "doing", text: w.confirm.title(what) })),
      h("div", { class: "body ringrow" }, ring(all === 0 ? 0 : have / all, `${have}/${all}`),
        h("div", { class: "who" }, h("h2", { text: w.confirm.progress(have, all, what) }), h("p", { class: "mut", text: w.confirm.note })))),
    objectionsCard(ctx),
  ];
}

export function objectionsCard({ state, w }) {
  const list = state.objections;
  return h("section", { class: "card", "aria-labelledby": "h-obj" },
    h("h2", { class: "hd", id: "h-obj" }, w.confirm.objections(list.length), h("span", { class: "sp" }),
      state.window && !state.record && h("small", { text: w.confirm.window(clock(state.window.until)) })),
    list.length === 0 ? h("p", { class: "empty", text: w.confirm.none })
      : h("ul", { class: "objections" }, list.map((objection) => h("li", {},
        h("p", {}, tag(objection.answer ? "ok" : "wait", objection.answer ? "check" : "hand", w.confirm.objection(objection.no)),
          h("b", { text: nameOf(state, objection.bidder) ?? objection.bidder }), h("time", { text: clock(objection.at) })),
        h("p", { class: "said-text", text: objection.text }),
        objection.answer
          ? h("p", { class: "answer" }, h("b", { text: w.confirm.answer }), h("time", { text: clock(objection.answer.at) }),
            h("span", { text: objection.answer.text }))
          : h("p", { class: "answer amber-text" }, icon("clock"), h("span", { text: w.confirm.unanswered }))))));
}

export function recordCard({ state, phase, w, api }) {
  const { record } = state;
  if (!record) return null;
  return h("section", { class: "card nw", "aria-labelledby": "h-rec" },
    h("div", { class: "l1" }, icon("file"), h("h2", { class: "doing", id: "h-rec", text: w.record.title }), h("span", { class: "sp" }),
      tag("ok", "check", w.record.signatures(state.recordSignatures.length))),
    h("p", { class: "mut sm", text: `${w.record.digest} · ${clock(record.at)}` }), wholeDigest(record.sha256),
    h("ul", { class: "chips signers" }, state.recordSignatures.map((signature) => h("li", { class: "chip ok" },
      icon("check"), h("b", { text: signature.party.name }),
      h("span", { text: `${w.facts.roles[signature.role] ?? signature.role} ${clock(signature.at)}` })))),
    phase !== "closed" && h("p", { class: "actions" }, h("a", { class: "btn", href: `${api}/record`, id: "record-link" }, icon("file"), w.record.open)));
}

export function closedCard({ state, w, api, file }) {
  const opened = state.prices?.bids.filter((bid) => bid.verdict === "opened").length ?? 0;
  const total = currentBids(state).length;
  const resumed = state.earlier.at(-1)?.reconvenedAt ?? null;
  const seconds = Math.max(0, Math.round((state.closedAt - (resumed ?? state.lot.deadline)) / 1000));
  const figure = (label, value) => h("div", {}, h("dt", { text: label }), h("dd", { text: value }));
  return h("section", { class: "card nw done-card", "aria-labelledby": "h-closed" },
    h("div", { class: "l1" }, icon("check"), h("h2", { class: "doing", id: "h-closed", text: w.closed.title }), h("span", { class: "sp" }),
      h("span", { class: "mut", text: clock(state.closedAt) })),
    h("dl", { class: "numbers" },
      figure(w.closed.bids, String(total)), figure(w.closed.opened, String(opened)),
      figure(w.closed.confirmed(whatOf(state, w)), `${Object.keys(state.confirmed).length}/${readableOf(state)}`),
      figure(resumed === null ? w.closed.duration : w.closed.resumed, `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`),
      figure(w.closed.entries, String(state.next))),
    destroyedLine({ state, w }),
    h("p", { class: "mut", text: w.closed.note }),
    h("p", { class: "actions" },
      h("a", { class: "btn p", href: `${api}/evidence`, download: file, id: "evidence-link" }, icon("down"), w.closed.evidence),
      h("a", { class: "btn", href: `${api}/record`, id: "record-link" }, icon("file"), w.record.open),
      h("span", { class: "verify" }, `${w.closed.verify} `, h("code", { class: "mono", text: `kaibiao verify ${file}` }))));
}

/** Who has stated that its share of the key is destroyed (ruling 17). */
function destroyedLine({ state, w }) {
  const have = state.destroyed.length;
  const { n } = state.lot.threshold;
  return h("p", { class: "kept destroyed" }, icon(have < n ? "clock" : "lock"), h("b", { text: w.destroyed(have, n) }));
}

export function failedCard({ state, w }) {
  const { bidders, min, at } = state.failed;
  return h("section", { class: "card nw fail-card", "aria-labelledby": "h-fail" },
    h("div", { class: "l1" }, icon("warn"), h("h2", { class: "doing", id: "h-fail", text: w.failedCard.title }), h("span", { class: "sp" }),
      h("span", { class: "mut", text: clock(at) })),
    h("dl", { class: "numbers" },
      h("div", {}, h("dt", { text: w.failedCard.received }), h("dd", { class: "seal", text: w.failedCard.homes(bidders) })),
      h("div", {}, h("dt", { text: w.failedCard.minimum }), h("dd", { text: w.failedCard.homes(min) }))),
    h("p", { class: "kept" }, icon("lock"), h("b", { text: w.failedCard.kept })),
    destroyedLine({ state, w }),
    h("p", { class: "mut", text: w.failedCard.law }),
    state.frozen && [h("p", { class: "mut sm", text: w.facts.freezeId }), wholeDigest(state.frozen.freezeId)]);
}

/** Ended before its time by host and supervisor: why, and that what is sealed stays sealed. */
export function endedCard({ state, w }) {
  const { measure, reason, text, at } = state.ended;
  return h("section", { class: "card nw fail-card", "aria-labelledby": "h-ended" },
    h("div", { class: "l1" }, icon("warn"), h("h2", { class: "doing", id: "h-ended", text: w.hold.measures[measure] }), h("span", { class: "sp" }),
      h("span", { class: "mut", text: clock(at) })),
    h("p", { text: w.hold.why(w.hold.reasons[reason], text) }),
    h("p", { class: "kept" }, icon("lock"), h("b", { text: w.hold.kept })),
    destroyedLine({ state, w }),
    state.frozen && [h("p", { class: "mut sm", text: w.facts.freezeId }), wholeDigest(state.frozen.freezeId)]);
}

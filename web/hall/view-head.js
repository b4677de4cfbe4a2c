// The head of a lot: the now banner, project facts, the big figure of the moment, and the steps.

import { h, icon, Slot, tag } from "./dom.js";
import { countOf } from "./envelope.js";
import { figures } from "./money.js";
import { nextStep, quorum, readableOf, stepsOf } from "./phase.js";
import { clock, dateTime, left } from "./time.js";
import { envelopeSign } from "./view-envelope.js";
import { setText } from "./view-top.js";
import { pick, shortOf, whatOf } from "./words.js";

const TONE = {
  receiving: "wait", due: "wait", closing: "wait", degraded: "wait", adjourned: "wait", closed: "ok", failed: "bad", terminated: "bad", empty: "wait", unpublished: "wait", missing: "bad",
};
const UNTIL = { receiving: "untilDeadline", degraded: "untilNotice", adjourned: "untilReconvening" };
const TONE_ICON = { wait: "clock", ok: "check", bad: "warn", now: "arrow" };

/** The sentence of the moment, from the state alone. */
export function nowSentence(state, phase, w) {
  const lot = state.lot;
  const what = whatOf(state, w);
  switch (phase) {
    case "freezing": return w.now.freezing(state.freezeSigners.length, quorum(lot.threshold));
    case "degraded": return w.now.degraded(w.facts.absent(state.degraded.absent.join("、")));
    case "unsealing": return w.now.unsealing(state.partials.price.length, lot.threshold.k, what);
    case "published": return w.now.published(readableOf(state), what);
    case "reading": return w.now.reading(state.readings[state.readings.length - 1].position, readableOf(state));
    case "read": return w.now.read(Object.keys(state.confirmed).length, state.readings.length, what);
    case "record": return w.now.record(state.recordSignatures.length);
    case "failed": return w.now.failed(state.failed.bidders, state.failed.min);
    case "adjourned": return adjournedSentence(state, w);
    case "ready": case "list": case "sealed": return waitSentence(state, phase, w);
    case "terminated": return w.now.terminated(w.hold.measures[state.ended.measure], w.hold.reasons[state.ended.reason]);
    default: return w.now[phase];
  }
}

function adjournedSentence({ stage, passed, passedAsked }, w) {
  if (passed) return w.adjourned.approved(stage, passed.passed.length, dateTime(passed.reconvene));
  return passedAsked ? w.adjourned.asked(stage, passedAsked.no) : w.adjourned.evaluating(stage);
}

function waitSentence(state, phase, w) {
  const next = nextStep(state);
  return phase === "ready" && state.stage > 1 && next === "list" ? w.adjourned.resumed(state.stage) : w.now.waits[next];
}

/** The instant the page counts down to in this phase, or null. */
export function targetOf(state, phase) {
  if (phase === "receiving") return state.lot.deadline;
  if (phase === "degraded") return state.hold ? null : state.degraded.until;
  if (phase === "adjourned") return (state.passed ?? state.passedAsked)?.reconvene ?? null;
  return null;
}

/** The countdown with days in words where there are any. */
export function leftText(ms, w) {
  const { days, text } = left(ms);
  return days > 0 ? `${w.days(days)} ${text}` : text;
}

/** Project and lot in one line. */
export function withLot(title, lot, lang) {
  return lang === "en" ? `${title} (${lot})` : `${title}（${lot}）`;
}

export class Head {
  #now; #project; #steps;

  constructor(now, project, steps) {
    this.#now = new Slot(now);
    this.#project = new Slot(project);
    this.#steps = new Slot(steps);
  }

  update({ state, phase, w, lang, lotKey }) {
    const sentence = nowSentence(state, phase, w);
    const tone = TONE[phase] ?? "now";
    this.#now.show([sentence, tone], () =>
      h("p", { class: `now ${tone}` }, icon(TONE_ICON[tone]), h("span", { text: sentence })));
    this.#project.show([state.lot, state.stage, targetOf(state, phase), phase, w, lang, bigFigure(state, phase)], () => project(state, phase, w, lang, lotKey));
    this.#steps.show([state.intake, state.freezeDone, state.bidders, state.checks, state.ceilingAt, state.seals, state.prices, state.readingDoneAt,
      state.closedAt, state.stage,
      state.failed, state.ended, state.lot, phase, w], () => state.lot ? steps(state, phase, w) : []);
  }

  tick({ state, phase, w, now }) {
    const target = targetOf(state, phase);
    if (target !== null && now !== null) setText("big", leftText(target - now, w));
  }
}

function project(state, phase, w, lang, lotKey) {
  const lot = state.lot;
  if (!lot) return h("section", { class: "proj" }, h("h1", { text: w.hallName }));
  const title = withLot(pick(lot.title, lang), pick(lot.lot_title, lang), lang);
  const meta = (label, value, extra = "") => h("span", { class: extra }, `${label} `, h("b", { text: value }));
  return h("section", { class: "proj", "aria-labelledby": "title" },
    h("div", { class: "grow" },
      h("h1", { id: "title", text: title }),
      countOf(lot) > 1 && envelopeSign(state, w, lang),
      h("div", { class: "meta" },
        h("span", {}, `${w.meta.lot} `, h("b", { class: "mono", text: lotKey })),
        meta(w.meta.tenderee, lot.tenderee.name, "hide-m"),
        meta(w.meta.deadline, dateTime(lot.deadline)),
        meta(w.meta.host, lot.host.name, "hide-m"),
        meta(w.meta.supervisor, lot.supervisor.name, "hide-m"),
        lot.ceiling && meta(w.meta.ceiling, figures(lot.ceiling), "hide-m")),
      h("div", { class: "marks" },
        lot.template === "prequalification" && tag("", "file", w.prequalification),
        lot.fictional && h("span", { class: "mark" }, tag("wait", "warn", w.demo), h("span", { class: "hide-m", text: w.demoNote })),
        lot.custody === "self" && h("span", { class: "mark" }, tag("wait", "key", w.custodySelf), h("span", { class: "hide-m", text: w.custodySelfNote })),
        lot.custody === "independent" && tag("ok", "key", w.custodyIndependent),
        lot.time === "self" && h("span", { class: "mark" }, tag("wait", "clock", w.timeSelf), h("span", { class: "hide-m", text: w.timeSelfNote })),
        lot.source && h("span", { class: "mark" }, h("span", { text: w.source(lot.source) })))),
    big(state, phase, w));
}

// Either a countdown (filled by tick) or the progress of the step, as text.
function bigFigure(state, phase) {
  const lot = state.lot;
  if (!lot) return "";
  const of = (have, all) => `${have}/${all}`;
  switch (phase) {
    case "freezing": return of(state.freezeSigners.length, quorum(lot.threshold));
    case "unsealing": return of(state.partials.price.length, lot.threshold.k);
    case "reading": return of(state.readings.length, readableOf(state));
    case "read": return of(Object.keys(state.confirmed).length, state.readings.length);
    default: return "";
  }
}

function big(state, phase, w) {
  const target = targetOf(state, phase);
  const label = UNTIL[phase] ? w[UNTIL[phase]] : w.short[phase];
  const figure = bigFigure(state, phase);
  if (target === null && figure === "") {
    return h("div", { class: "phase word" }, h("div", { class: `big ${phase === "failed" || phase === "terminated" ? "seal" : ""}`, text: shortOf(state, phase, w) }));
  }
  return h("div", { class: "phase" }, h("div", { class: "lbl", text: label }),
    target === null ? h("div", { class: "big", text: figure }) : h("div", { class: "big", id: "big", "aria-hidden": "true", text: "--:--" }));
}

function steps(state, phase, w) {
  const list = stepsOf(state, phase);
  const marks = { done: icon("check"), failed: icon("cross") };
  return h("ol", { class: "steps" }, list.map((step, index) => {
    const time = stepTime(state, step, w);
    return h("li", { class: step.status, "aria-current": step.status === "now" ? "step" : null },
      h("i", { "aria-hidden": "true" }, step.status === "done" || step.status === "failed" ? marks[step.status].cloneNode(true) : String(index + 1)),
      h("span", {}, w.steps[step.key],
        h("span", { class: "sr", text: `，${w.stepStatus[step.status]}` }),
        time && h("small", { text: time }),
        h("small", { class: "only-m", text: ` ${w.stepOf(index + 1, list.length)}` })));
  }));
}

function stepTime(state, step, w) {
  if (step.key === "receive" && step.status === "now") return w.stepUntil(clock(state.lot.deadline).slice(0, 5));
  if (step.status === "failed") return w.stepStatus.failed;
  if (step.at === null) return "";
  return step.status === "now" ? w.stepSince(clock(step.at)) : clock(step.at);
}


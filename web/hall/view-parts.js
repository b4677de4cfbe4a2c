// Small parts that several cards share.

import { h, icon, s } from "./dom.js";
import { figures } from "./money.js";
import { clock } from "./time.js";

/** One chip per custodian: signed or released with the time, absent, or waiting. */
export function custodians(lot, done, refused, absent, word, w) {
  const chips = [];
  for (let index = 1; index <= lot.threshold.n; index += 1) {
    const at = done.find((entry) => entry.custodian === index)?.at ?? null;
    const no = refused.find((entry) => entry.custodian === index) ?? null;
    const [kind, name, text] = at !== null ? ["ok", "check", `${word} ${clock(at)}`]
      : no ? ["bad", "cross", w.unseal.refused(no.label)]
        : absent.includes(index) ? ["wait", "warn", w.degradedCard.absent] : ["mut", "clock", w.unseal.waiting];
    chips.push(h("li", { class: `chip ${kind}` }, icon(name), h("b", { text: w.unseal.custodian(index) }), h("span", { text })));
  }
  return h("ul", { class: "chips" }, chips);
}

/** The base estimate of a tender that provides for one: its amount once the prices are public. */
export function estimateText(state, w) {
  const opened = state.prices?.estimate;
  if (opened) return opened.amount ? h("b", { text: figures(opened.amount) }) : w.stats.badEstimate(opened.label);
  if (state.estimate && !state.prices) return `${w.stats.estimateSealed} ${clock(state.estimate.at)}`;
  return state.prices || state.intake ? w.stats.noEstimate : "—";
}

/** One line of a list of facts. */
export function row(label, value) {
  return h("div", {}, h("dt", { text: label }), h("dd", {}, value));
}

/** A ring that fills with `share` (0..1) and a text in its middle. */
export function ring(share, text) {
  const around = 2 * Math.PI * 20;
  return s("svg", { class: "ringsvg", viewBox: "0 0 48 48", "aria-hidden": "true" },
    s("circle", { cx: 24, cy: 24, r: 20, class: "track" }),
    share > 0 && s("circle", { cx: 24, cy: 24, r: 20, class: "fill", "stroke-dasharray": `${around * Math.min(1, share)} ${around}`, transform: "rotate(-90 24 24)" }),
    s("text", { x: 24, y: 29, "text-anchor": "middle", text }));
}

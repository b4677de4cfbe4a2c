// The draws of the tender file: which values may come out, who answered, what came out.

import { h, icon, tag } from "./dom.js";
import { isFollowed } from "./envelope.js";
import { clock } from "./time.js";
import { pick } from "./words.js";

const VALUES_SHOWN = 24;

/** One card for all draws of the lot, which are held with the last envelope; null before and without any. */
export function drawsCard({ state, w, lang }) {
  const draws = state.lot?.draws ?? [];
  if (draws.length === 0 || !state.prices || isFollowed(state)) return null;
  return h("section", { class: "card", "aria-labelledby": "h-draws" },
    h("h2", { class: "hd", id: "h-draws", text: w.draws.title }),
    h("ul", { class: "objections draws" }, draws.map((draw) => item(draw, state, w, lang))),
    h("p", { class: "mut sm pad", text: w.draws.note }));
}

function item(draw, state, w, lang) {
  const run = state.draws[draw.no] ?? null;
  const need = state.lot.threshold.k;
  return h("li", { id: `draw-${draw.no}` },
    h("p", {}, status(run, need, w), h("b", { text: `${draw.no}. ${pick(draw.name, lang)}` }),
      run && h("time", { text: clock(run.outcome?.at ?? run.startedAt) })),
    h("p", { class: "mut", text: w.draws.values(valuesOf(draw, w)) }),
    run?.outcome?.value && h("p", { class: "drawn" }, h("b", { class: "big", text: run.outcome.value })),
    run?.outcome?.dropped.length > 0 && h("p", { class: "answer amber-text" }, icon("warn"),
      h("span", { text: w.draws.dropped(run.outcome.dropped.join(", ")) })));
}

function status(run, need, w) {
  if (run === null) return tag("wait", "clock", w.draws.waiting);
  if (run.outcome === null) return tag("wait", "key", w.draws.answers(run.answers.length, need));
  return run.outcome.value === null ? tag("bad", "warn", w.draws.failed) : tag("ok", "check", w.draws.made);
}

/** The values in short: the ends of a long list, or a range with its step. */
export function valuesOf(draw, w) {
  const { list, range } = draw.values;
  if (range) return w.draws.range(range.lowest, range.highest, range.step);
  return list.length <= VALUES_SHOWN ? list.join(", ") : w.draws.many(list[0], list[list.length - 1], list.length);
}

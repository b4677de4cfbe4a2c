// The result of the evaluation, told after the close (复会): who is ranked, who is rejected and why, and
// what each bidder answered. The newest announcement counts; the log keeps the others.

import { h, icon, tag } from "./dom.js";
import { nameOf } from "./phase.js";
import { clock, dateTime } from "./time.js";

export function resultCard({ state, w }) {
  const result = state.results.at(-1);
  if (!result) return null;
  const rejected = result.rejected.map(({ bidder }) => bidder);
  const all = [...result.ranked, ...rejected];
  const line = (code, ...children) => h("li", {}, h("p", {}, h("b", { text: nameOf(state, code) ?? code }), answerTag(result.answers[code], w)), children,
    result.answers[code]?.objection && h("p", { class: "said-text", text: result.answers[code].objection }));
  return h("section", { class: "card result", "aria-labelledby": "h-result" },
    h("h2", { class: "hd", id: "h-result" }, w.result.title, h("span", { class: "sp" }),
      h("small", { text: w.result.answers(Object.keys(result.answers).length, all.length) })),
    h("p", { class: "mut sm", text: `${dateTime(result.at)} · ${w.result.until(dateTime(result.until))}` }),
    result.no > 1 && h("p", { class: "sm amber-text", text: w.result.corrected(result.no) }),
    h("p", { text: result.text }),
    result.ranked.length === 0 && h("p", { class: "empty", text: w.result.nobody }),
    h("ol", { class: "objections" }, result.ranked.map((code, at) => line(code, h("p", { class: "mut sm", text: w.result.place(at + 1) })))),
    rejected.length > 0 && h("h3", { text: w.result.rejected }),
    rejected.length > 0 && h("ul", { class: "objections" }, result.rejected.map(({ bidder, reason }) => line(bidder, h("p", { class: "mut sm", text: reason })))),
    h("p", { class: "under", text: w.result.note }));
}

function answerTag(answer, w) {
  if (!answer) return tag("mut", null, w.result.silent);
  const [kind, name, text] = answer.objection === null ? ["ok", "check", w.result.fine] : ["bad", "hand", w.result.objects];
  return h("span", {}, tag(kind, name, text), h("time", { text: ` ${clock(answer.at)}` }));
}

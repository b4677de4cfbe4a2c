// Prices read so far against the ceiling: one dot per bid on a common scale, and the same in words.

import { h, s, Slot } from "./dom.js";
import { isPriced } from "./envelope.js";
import { digits, figures } from "./money.js";
import { figuresOf, rowsOf } from "./phase.js";
import { estimateText, row } from "./view-parts.js";

const WIDTH = 314;
const PAD = { left: 30, right: 14, top: 34, bottom: 26 };
const LABELS = 30; // more bids than this: dots without figures

export class Chart {
  #slot;

  constructor(node) {
    this.#slot = new Slot(node);
  }

  update({ state, w, lang, phone }) {
    this.#slot.show([state.lot, state.stage, state.readings, state.prices, state.readingDoneAt, w, lang, phone], () => {
      const priced = isPriced(state);
      if (!state.prices || !priced) return phone ? emptyCard(w, state.lot && !priced ? w.chart.noPrices : w.chart.empty) : [];
      return [chartCard(state, w), statsCard(state, w)];
    });
  }
}

// The tab of the phone layout must say when there will be something.
function emptyCard(w, text) {
  return h("section", { class: "card" }, h("h2", { class: "hd", text: w.chart.title }), h("p", { class: "empty", text }));
}

function chartCard(state, w) {
  const read = rowsOf(state).filter((entry) => entry.kind === "read");
  const unit = unitOf(state, w);
  const head = h("h2", { class: "hd", id: "h-chart" }, w.chart.title, h("span", { class: "sp" }), h("small", { text: unit.name }));
  if (read.length === 0) return h("section", { class: "card", "aria-labelledby": "h-chart" }, head, h("p", { class: "empty", text: w.chart.empty }));
  const numbers = figuresOf(state);
  const over = read.filter((entry) => entry.over).length;
  const summary = w.chart.summary(read.length, figures(numbers.low), figures(numbers.high))
    + (state.lot.ceiling ? ` ${over > 0 ? w.chart.summaryOver(over) : w.chart.summaryNoneOver}` : "");
  const current = state.readingDoneAt === null ? read[read.length - 1].position : null;
  return h("section", { class: "card", "aria-labelledby": "h-chart" }, head,
    h("div", { class: "chart" }, dots(read, numbers, state.lot.ceiling, unit, current, summary, w)),
    h("p", { class: "under", text: summary }));
}

// Millions or ten thousands, by the size of the largest figure, so that labels stay short.
function unitOf(state, w) {
  const amounts = [state.lot.ceiling, ...state.prices.bids.map((bid) => bid.total)].filter(Boolean).map((money) => money.minor);
  const names = w.chart.unit[state.lot.currency] ?? w.chart.unit.CNY;
  const big = Math.max(0, ...amounts) >= 1e9;
  return big ? { size: 1e8, name: names.big } : { size: 1e6, name: names.small };
}

// Round steps: 1, 2 or 5 times a power of ten, at most seven of them.
function scale(low, high) {
  const span = Math.max(high - low, high * 0.01, 0.01);
  const rough = span / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const from = Math.floor((low - span * 0.3) / step) * step;
  const to = Math.ceil((high + span * 0.03) / step) * step;
  const ticks = [];
  for (let value = Math.max(0, from); value <= to + step / 2; value += step) ticks.push(value);
  const places = step < 0.1 ? 2 : step < 1 ? 1 : 0;
  return { from: ticks[0], to: ticks[ticks.length - 1], ticks, places };
}

function dots(read, numbers, ceiling, unit, current, summary, w) {
  const pitch = read.length > LABELS ? 8 : read.length > 16 ? 16 : 23;
  const height = PAD.top + PAD.bottom + pitch * Math.max(read.length, 4);
  const value = (money) => money.minor / unit.size;
  const limit = ceiling ? value(ceiling) : null;
  const axis = scale(Math.min(value(numbers.low), limit ?? Infinity), Math.max(value(numbers.high), limit ?? 0));
  const x = (v) => PAD.left + ((v - axis.from) / (axis.to - axis.from)) * (WIDTH - PAD.left - PAD.right);
  const bottom = height - PAD.bottom;
  const line = (v, cls, top = PAD.top - 4) => s("line", { x1: x(v), x2: x(v), y1: top, y2: bottom, class: cls });
  const limitAtRight = limit !== null && x(limit) > WIDTH / 2;
  const mean = value(numbers.mean);
  // Both labels stand above the plot; where they would touch, the mean goes one line up.
  const stacked = limit !== null && Math.abs(x(limit) - x(mean)) < (w.lang === "en" ? 132 : 96);
  return s("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": summary },
    axis.ticks.map((v) => [line(v, "grid", PAD.top), s("text", { x: x(v), y: height - 9, "text-anchor": "middle", text: v.toFixed(axis.places) })]),
    read.length > 1 && [line(mean, "mean"), s("text", { x: x(mean), y: PAD.top - (limit !== null && stacked ? 22 : 9), "text-anchor": meanAnchor(x(mean)), class: "meantext", text: w.chart.mean(mean.toFixed(2)) })],
    limit !== null && [line(limit, "limit"), s("text", { x: x(limit) + (limitAtRight ? 6 : -6), y: PAD.top - 9, "text-anchor": limitAtRight ? "end" : "start", class: "limittext", text: w.chart.ceiling(limit.toFixed(2)) })],
    read.map((entry, index) => {
      const y = PAD.top + pitch * (index + 0.5);
      const v = value(entry.total);
      const kind = entry.over ? "over" : entry.position === current ? "cur" : entry.total.minor === numbers.low.minor && read.length > 1 ? "low" : "";
      const labelled = read.length <= LABELS;
      const after = entry.over && x(v) < WIDTH - 60;
      return s("g", { class: `dot ${kind}` },
        labelled && s("text", { x: PAD.left - 10, y: y + 4, "text-anchor": "end", class: "pos", text: String(entry.position) }),
        limit !== null && s("line", { x1: x(v), x2: x(limit), y1: y, y2: y, class: "stem" }),
        mark(entry, x(v), y, kind, labelled),
        labelled && s("text", { x: x(v) + (after ? 11 : kind === "cur" ? -14 : -9), y: y + 4, "text-anchor": after ? "start" : "end", text: v.toFixed(2) }));
    }));
}

const meanAnchor = (at) => at < 70 ? "start" : at > WIDTH - 70 ? "end" : "middle";

// A bid above the ceiling is a diamond, not only a colour.
function mark(entry, cx, cy, kind, labelled) {
  const size = labelled ? 6 : 3.5;
  if (entry.over) return s("path", { d: `M${cx} ${cy - size - 1}l${size + 1} ${size + 1}l${-size - 1} ${size + 1}l${-size - 1} ${-size - 1}z` });
  return [s("circle", { cx, cy, r: kind === "cur" ? size + 1 : size - 0.5 }), kind === "cur" && s("circle", { cx, cy, r: size + 4.5, class: "halo" })];
}

function statsCard(state, w) {
  const numbers = figuresOf(state);
  const { ceiling } = state.lot;
  return h("section", { class: "card", "aria-labelledby": "h-stats" }, h("h2", { class: "hd", id: "h-stats" }, w.stats.title),
    h("dl", { class: "facts" },
      row(w.stats.ceiling, ceiling ? h("b", { class: "seal", text: digits(ceiling.minor) }) : w.stats.noCeiling),
      state.lot.base_estimate && row(w.stats.estimate, estimateText(state, w)),
      row(w.stats.low, h("b", { text: numbers ? digits(numbers.low.minor) : "—" })),
      row(w.stats.high, h("b", { text: numbers ? digits(numbers.high.minor) : "—" })),
      row(w.stats.mean, h("b", { text: numbers ? digits(numbers.mean.minor) : "—" }))));
}

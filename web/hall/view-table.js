// The middle table: the bidders once they are published, then the 开标一览表 as it is read. A table
// on wide screens; on a phone a list of cards, newest first.

import { h, icon, Slot, tag } from "./dom.js";
import { isPriced, otherFields } from "./envelope.js";
import { digits, fieldValue, percent } from "./money.js";
import { figuresOf, rowsOf, sealOf } from "./phase.js";
import { clock } from "./time.js";
import { pick, whatOf } from "./words.js";

const COLUMNS = { priced: 2, plain: 5 }; // of read-out fields; the others stand under the name

export class Schedule {
  #slot;

  constructor(node) {
    this.#slot = new Slot(node);
  }

  update(ctx) {
    const { state, w, lang, phone } = ctx;
    const inputs = [w, lang, phone, state.lot, state.stage, state.bidders, state.checks, state.seals, state.signedIn, state.prices, state.readings, state.confirmed,
      state.readingDoneAt, state.failed, state.faults];
    this.#slot.show(inputs, () => {
      if (state.prices) return schedule(ctx);
      return state.bidders ? bidderList(ctx) : [];
    });
  }
}

function schedule({ state, w, lang, phone }) {
  const rows = rowsOf(state);
  const current = state.readingDoneAt === null ? state.readings[state.readings.length - 1]?.position ?? null : null;
  const low = figuresOf(state)?.low.minor ?? null;
  const priced = isPriced(state);
  const columns = columnsOf(state, priced);
  const view = {
    w, lang, current, low, state, priced, columns,
    notes: otherFields(state).filter((field) => !columns.includes(field)),
    scale: Math.max(1000, ...rows.map((row) => row.below ?? 0)),
    ceiling: priced && state.lot.ceiling !== null,
    confirmed: w.table.confirmed(whatOf(state, w)),
  };
  return h("section", { class: "card tb", "aria-labelledby": "h-tb" },
    h("h2", { class: "hd", id: "h-tb" }, w.table.title, priced && h("small", { text: w.table.unit[state.lot.currency] ?? state.lot.currency }),
      h("span", { class: "sp" }), h("small", { class: "hide-m", text: w.table.order })),
    phone ? cards(rows, view) : table(rows, view));
}

// Beside a price only figures; without one the fields are what is read.
function columnsOf(state, priced) {
  const fields = otherFields(state);
  return priced ? fields.filter((field) => field.type !== "text").slice(0, COLUMNS.priced) : fields.slice(0, COLUMNS.plain);
}

const side = (field) => field.type === "text" ? "" : "r";

function table(rows, view) {
  const { w, columns, ceiling, priced } = view;
  return h("table", {},
    h("thead", {}, h("tr", {},
      h("th", { scope: "col", class: "no", text: w.table.no }), h("th", { scope: "col", text: w.table.bidder }),
      priced && h("th", { scope: "col", class: "r", text: w.table.amount }),
      ceiling && h("th", { scope: "col", class: "r", text: w.table.below }),
      columns.map((field) => h("th", { scope: "col", class: side(field), text: heading(field, view.lang) })))),
    h("tbody", {}, rows.map((row) => row.kind === "read" ? readRow(row, view) : otherRow(row, view))));
}

function heading(field, lang) {
  return pick(field, lang) + (field.unit ? `/${pick(field.unit, lang)}` : "");
}

function readRow(row, view) {
  const { columns, ceiling, current, priced } = view;
  return h("tr", { class: `rd ${row.position === current ? "cur" : ""} ${row.over ? "over" : ""}`, "aria-current": row.position === current ? "true" : null },
    h("td", { class: "no", text: String(row.position) }),
    h("th", { scope: "row" }, h("span", { class: "nm" }, !priced && flags(row, view), row.bidder.name), h("span", { class: "notes", text: notes(row, view) })),
    priced && h("td", { class: "r" },
      h("span", { class: "am" }, flags(row, view), digits(row.total.minor)),
      h("span", { class: "cap", lang: "zh-CN", text: row.capital })),
    ceiling && h("td", { class: "r" }, below(row, view)),
    columns.map((field) => h("td", { class: side(field), text: row.fields?.[field.key] ? fieldValue(field, row.fields[field.key]) : "—" })));
}

function flags(row, { w, low, state: log, confirmed }) {
  return [
    row.confirmed !== null && h("span", { class: "tick", title: confirmed }, icon("check"), h("span", { class: "sr", text: confirmed })),
    row.over && tag("bad", "warn", w.reading.overCeiling),
    row.total !== null && row.total.minor === low && log.readings.length > 1 && tag("ok", null, w.table.lowest),
  ];
}

function notes(row, { notes: list, lang, w, state }) {
  const rates = otherFields(state).filter((field) => row.ratesOver.includes(field.key))
    .map((field) => `${lang === "en" ? field.en : field.zh} ${w.reading.overRate}`);
  const members = row.consortium.length > 0 ? [w.table.consortium(row.consortium.map((party) => party.name).join("、"))] : [];
  const texts = list.filter((field) => row.fields?.[field.key])
    .map((field) => `${pick(field, lang)} ${fieldValue(field, row.fields[field.key])}${field.unit ? ` ${pick(field.unit, lang)}` : ""}`);
  return [...members, ...rates, ...texts].join(" · ");
}

function below(row, { w, scale }) {
  if (row.below === null) return "—";
  if (row.below < 0) return h("span", { class: "pct seal", text: w.table.above(percent(-row.below)) });
  return [h("span", { class: "pct", text: percent(row.below) }), meter(row.below / scale)];
}

function meter(share) {
  const fill = h("i", {});
  fill.style.width = `${Math.round(Math.min(1, share) * 100)}%`; // through the object model: allowed by the policy
  return h("span", { class: "bar", "aria-hidden": "true" }, fill);
}

function state(row, w) {
  if (row.kind === "waiting") return tag("mut", null, w.table.waiting);
  const fault = row.decided ? w.table.decided[row.decided] : w.table.fault[row.fault] ?? row.fault;
  const why = row.fault ? ` · ${fault}` : "";
  return [tag("bad", "cross", (w.table.none[row.verdict] ?? row.verdict) + why), row.label && h("code", { class: "mono", text: row.label })];
}

function otherRow(row, { w, columns, ceiling, priced }) {
  const sides = [...(priced ? ["r"] : []), ...(ceiling ? ["r"] : []), ...columns.map(side)];
  const span = row.kind === "none" ? sides.length : 1;
  return h("tr", { class: "pd" }, h("td", { class: "no", text: "—" }), h("th", { scope: "row" }, h("span", { class: "nm", text: row.bidder.name })),
    h("td", { class: sides[0], colspan: String(span) }, state(row, w)),
    sides.slice(span).map((where) => h("td", { class: where, text: "—" })));
}

function cards(rows, view) {
  const { w, current, columns, lang, priced } = view;
  const read = rows.filter((row) => row.kind === "read").reverse();
  const rest = rows.filter((row) => row.kind !== "read");
  return h("ol", { class: "cards" },
    read.map((row) => h("li", { class: `${row.position === current ? "cur" : ""}`, value: String(row.position), "aria-current": row.position === current ? "true" : null },
      h("span", { class: "no", text: String(row.position) }),
      h("div", {},
        h("span", { class: "nm" }, row.bidder.name, !priced && flags(row, view)),
        priced && h("span", { class: "am" }, digits(row.total.minor), flags(row, view)),
        priced && h("span", { class: "cap", lang: "zh-CN", text: row.capital }),
        h("span", { class: "meta2" },
          row.below !== null && h("span", { class: row.below < 0 ? "seal" : "" },
            row.below < 0 ? w.table.above(percent(-row.below)) : [`${w.table.belowShort} `, h("b", { text: percent(row.below) })]),
          columns.map((field) => row.fields?.[field.key] && h("span", {}, `${pick(field, lang)} `,
            h("b", { text: fieldValue(field, row.fields[field.key]) }), field.unit && ` ${pick(field.unit, lang)}`)),
          notes(row, view) && h("span", { text: notes(row, view) }))))),
    rest.map((row) => h("li", { class: "pd" }, h("span", { class: "no", text: "—" }),
      h("div", {}, h("span", { class: "nm", text: row.bidder.name }), h("span", { class: "state" }, state(row, w))))));
}

// After the list is published and before the prices: who bid, the seal check, who signed in.
function bidderList({ state: log, w }) {
  return h("section", { class: "card tb", "aria-labelledby": "h-tb" },
    h("h2", { class: "hd", id: "h-tb" }, w.tiles.list, h("small", { text: w.tiles.sealedAll(log.bidders.list.length) })),
    h("ol", { class: "people" }, log.bidders.list.map((bidder, index) => {
      const sealed = sealOf(log, bidder.code);
      const found = log.checks[bidder.code] ?? null;
      const signed = log.signedIn[bidder.code] ?? null;
      return h("li", {}, h("span", { class: "no", text: String(index + 1) }),
        h("div", { class: "who" }, h("span", { class: "nm", text: bidder.name }), h("code", { class: "mono", text: bidder.code })),
        h("span", { class: "state" },
          found && tag(found.identity === "fits" ? "ok" : "bad", null, w.tiles.identity[found.identity] ?? found.identity),
          found && tag(found.bond === "unpaid" ? "bad" : "mut", null, w.tiles.bond[found.bond] ?? found.bond),
          signed !== null && tag("mut", "hand", `${w.tiles.signedIn} ${clock(signed).slice(0, 5)}`),
          sealed === null ? tag("", "lock", w.tiles.status.sealed)
            : sealed ? tag("ok", "shield", w.tiles.status.checked) : tag("bad", "warn", w.tiles.status.broken)));
    })));
}

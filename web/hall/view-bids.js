// The left column: one tile per sealed bid and the facts of the frozen set; before the deadline only
// the facts of the lot (never a count of bidders).

import { digest, h, icon, Slot } from "./dom.js";
import { countOf, isPriced, keptBids } from "./envelope.js";
import { figures } from "./money.js";
import { nameOf, tilesOf } from "./phase.js";
import { clock } from "./time.js";
import { envelopeTitle } from "./view-envelope.js";
import { estimateText, ring, row } from "./view-parts.js";

const ICON = { sealed: "lock", checked: "shield", broken: "warn", unsealing: "key", opened: "unlock", failed: "cross" };
const KIND = { sealed: "", checked: "checked", broken: "bad", unsealing: "busy", opened: "ok", failed: "bad" };
const DENSE = 24; // more bids than this: number and lock only

export class Bids {
  #slot;

  constructor(node) {
    this.#slot = new Slot(node);
  }

  update(ctx) {
    const { state, w, lang } = ctx;
    this.#slot.show([w, lang, state.lot, state.earlier, state.estimate, state.intake, state.frozen, state.freezeSigners, state.freezeDone, state.degraded, state.bidders,
      state.seals, state.unsealing, state.partials, state.prices, state.documents, state.failed, state.ticks.last, state.frozen ? null : ctx.checkpoint], () => {
      if (!state.lot) return [];
      return state.frozen ? [tilesCard(ctx), factsCard(ctx)] : [lotCard(ctx)];
    });
  }
}

function lotCard({ state, w, lang, checkpoint }) {
  const { lot, ticks, intake } = state;
  const count = countOf(lot);
  return h("section", { class: "card", "aria-labelledby": "h-lot" }, h("h2", { class: "hd", id: "h-lot", text: w.stats.title }),
    h("dl", { class: "facts" },
      count > 1 && row(w.envelope.title, String(count)),
      Array.from({ length: count > 1 ? count : 0 }, (_, at) => row(w.envelope.nth(at + 1), envelopeTitle(lot, at + 1, w, lang))),
      isPriced({ lot, stage: count }) && row(w.stats.ceiling, lot.ceiling ? h("b", { class: "seal", text: figures(lot.ceiling) }) : w.stats.noCeiling),
      lot.base_estimate && row(w.stats.estimate, estimateText(state, w)),
      row(w.failedCard.minimum, w.failedCard.homes(lot.min_bidders)),
      row(w.facts.threshold, w.facts.thresholdOf(lot.threshold.k, lot.threshold.n)),
      row(w.log.title, w.log.count(state.next)),
      ticks.last && row(w.facts.lastTick, clock(ticks.last.at)),
      checkpoint && row(w.foot.checkpoint, digest(checkpoint.root)),
      intake && row(w.facts.closing, String(intake.size)),
      intake && row(w.facts.logRoot, digest(intake.root))));
}

function tilesCard({ state, w }) {
  const tiles = tilesOf(state);
  const opened = tiles.filter((tile) => tile.status === "opened").length;
  const failed = tiles.filter((tile) => tile.status === "failed").length;
  const good = tiles.filter((tile) => tile.sealed === true).length;
  const headline = state.prices ? w.tiles.progress(opened, tiles.length)
    : state.seals ? w.tiles.checked(good, tiles.length) : w.facts.count(tiles.length);
  const under = state.prices ? (failed > 0 ? w.tiles.failedSome(failed) : clock(state.prices.at)) : w.tiles.sealedAll(tiles.length);
  const share = tiles.length === 0 ? 0 : state.prices ? opened / tiles.length : 0;
  const dense = tiles.length > DENSE;
  return h("section", { class: "card", "aria-labelledby": "h-bids" },
    h("h2", { class: "hd", id: "h-bids" }, w.tiles.title, h("span", { class: "sp" }), h("small", { text: clock(state.frozen.at) })),
    h("div", { class: "ring" }, ring(share, state.prices ? String(opened) : String(tiles.length)),
      h("div", { class: "t" }, h("b", { text: headline }), h("br"), under)),
    h("ol", { class: `tiles ${dense ? "dense" : ""}` }, tiles.map((tile) => h("li", { class: `tile ${KIND[tile.status]}` },
      h("b", { text: String(tile.no) }),
      h("em", {}, icon(ICON[tile.status]), h("span", { class: dense ? "sr" : "", text: w.tiles.status[tile.status] })),
      h("span", { class: dense || !tile.name ? "sr" : "name", text: tile.name ?? w.tiles.anonymous(tile.no) }))),
      keptBids(state).map((bid) => keptTile(nameOf(state, bid.bidder.code), dense, w))),
    documentsLine(state, w));
}

// A bid that does not take part any more: nobody opens what is left of it.
function keptTile(name, dense, w) {
  return h("li", { class: "tile shut", title: w.adjourned.kept }, h("b", { text: "—" }),
    h("em", {}, icon("lock"), h("span", { class: dense ? "sr" : "", text: w.tiles.status.kept })),
    h("span", { class: dense ? "sr" : "name", text: name }));
}

function documentsLine(state, w) {
  if (state.documents) {
    const done = state.documents.bids.filter((bid) => bid.verdict === "opened").length;
    return h("p", { class: "under" }, icon("unlock"), w.tiles.documents(done, state.documents.bids.length));
  }
  if (!state.unsealing.documents) return null;
  return h("p", { class: "under" }, icon("key"), w.tiles.documentsRunning(state.partials.documents.length, state.lot.threshold.k));
}

function factsCard({ state, w }) {
  const { frozen, intake, lot, freezeDone, degraded } = state;
  const replaced = frozen.bids.filter((bid) => bid.status === "superseded").length;
  // The withdrawal itself is listed too: it is no bid, and has no bytes.
  const withdrawn = frozen.bids.filter((bid) => bid.status === "withdrawn" && bid.bytes > 0).length;
  const signers = freezeDone ? freezeDone.signers : state.freezeSigners.map((signer) => signer.custodian);
  return h("section", { class: "card", "aria-labelledby": "h-facts" },
    h("h2", { class: "hd", id: "h-facts" }, w.facts.title, h("span", { class: "sp" }), h("small", { text: freezeDone ? clock(freezeDone.at) : w.facts.pending })),
    h("dl", { class: "facts" },
      row(w.facts.freezeId, digest(frozen.freezeId)),
      row(w.facts.logRoot, digest(frozen.root)),
      row(w.facts.closing, String(frozen.size)),
      intake && row(w.facts.cosigned, w.facts.signed(intake.cosigned, lot.threshold.n)),
      row(w.facts.signers, `${w.facts.signed(signers.length, lot.threshold.n)} · ${w.facts.signersList(signers.join("、") || "—")}`)),
    replaced > 0 && h("p", { class: "under", text: `${w.facts.superseded(replaced)}；${w.facts.withdrawn(withdrawn)}` }),
    replaced === 0 && withdrawn > 0 && h("p", { class: "under", text: w.facts.withdrawn(withdrawn) }),
    freezeDone?.degraded && degraded && h("p", { class: "under amber-text" }, icon("warn"), w.facts.degradedNote(w.facts.absent(degraded.absent.join("、")))));
}

// Readings of the state: which phase, which step, which rows. Pure; `now` is the hall's time in ms.

import { belowCeiling, spread } from "./money.js";

/** The phase a person would name. `due`: the deadline passed and the hall has not yet said so. */
export function phaseOf(state, now) {
  if (!state.lot) return "empty";
  if (state.failed) return "failed";
  if (state.ended) return "terminated";
  if (state.closedAt !== null) return "closed";
  if (state.record) return "record";
  if (state.readingDoneAt !== null) return "read";
  if (state.readings.length > 0) return "reading";
  if (state.prices) return "published";
  if (state.unsealing.price) return "unsealing";
  if (state.seals) return "sealed";
  if (state.bidders) return "list";
  if (state.freezeDone) return "ready";
  if (state.degraded) return "degraded";
  if (state.frozen) return "freezing";
  if (state.intake) return "closing";
  return now !== null && now >= state.lot.deadline ? "due" : "receiving";
}

const STEP_OF = {
  empty: 0, receiving: 0, due: 0, closing: 1, freezing: 1, degraded: 1, ready: 2, list: 3, sealed: 4,
  unsealing: 4, published: 5, reading: 5, read: 6, record: 6, closed: 7, failed: 2, terminated: 2,
};

export const STEPS = ["receive", "freeze", "list", "seals", "unseal", "read", "record", "close"];

/** The steps of the strip: `[{ key, status: done | now | next | failed, at }]`. */
export function stepsOf(state, phase) {
  const ended = [
    state.intake?.at, state.freezeDone?.at, state.bidders?.at, state.seals?.at, state.prices?.at,
    state.readingDoneAt, state.closedAt, state.closedAt,
  ];
  const begun = [
    state.lot?.at, state.intake?.at, state.freezeDone?.at, state.bidders?.at, state.unsealing.price?.at,
    state.readings[0]?.at, state.readingDoneAt, state.closedAt,
  ];
  const current = STEP_OF[phase];
  return STEPS.map((key, index) => {
    const done = phase === "closed" || (ended[index] ?? null) !== null;
    if (done) return { key, status: "done", at: ended[index] ?? null };
    if (phase === "failed" || phase === "terminated") {
      const { at } = state.failed ?? state.ended;
      return index === firstOpen(ended) ? { key, status: "failed", at } : { key, status: "next", at: null };
    }
    return { key, status: index === current ? "now" : "next", at: index === current ? begun[index] ?? null : null };
  });
}

const firstOpen = (ended) => ended.findIndex((at) => (at ?? null) === null);

/** ceil((n + k) / 2) custodians must sign the frozen set (ruling 11). */
export function quorum({ n, k }) {
  return Math.ceil((n + k) / 2);
}

/** A bidder's name, only once the list of bidders has been published. */
export function nameOf(state, code) {
  const party = state.bidders?.list.find((bidder) => bidder.code === code);
  return party ? party.name : null;
}

/**
 * One tile per sealed bid after the freeze, in the order of the published list; before the list, in
 * the order of the frozen set and without names.
 * `status`: sealed | checked | broken | unsealing | opened | failed.
 */
export function tilesOf(state) {
  if (!state.frozen) return [];
  const current = state.frozen.bids.filter((bid) => bid.status === "current");
  const codes = state.bidders
    ? state.bidders.list.map((bidder) => bidder.code)
    : current.map((bid) => bid.bidder.code);
  const prices = new Map((state.prices?.bids ?? []).map((bid) => [bid.bidder.code, bid]));
  return codes.map((code, index) => {
    const price = prices.get(code) ?? null;
    const sealed = sealOf(state, code);
    let status = "sealed";
    if (price) status = price.verdict === "not-opened" ? "failed" : "opened";
    else if (state.unsealing.price && !state.failed && !state.ended) status = "unsealing";
    else if (sealed !== null) status = sealed ? "checked" : "broken";
    return { no: index + 1, code, name: nameOf(state, code), status, sealed, price };
  });
}

/** The seal check of all parts of a bidder: true, false, or null when not checked. */
export function sealOf(state, code) {
  const results = state.seals?.results.filter((result) => result.bidder === code) ?? [];
  return results.length === 0 ? null : results.every((result) => result.sealed);
}

/**
 * Rows of the 开标一览表: read ones in reading order, then those still to be read, then bids that
 * gave no price. `kind`: read | waiting | none.
 */
export function rowsOf(state) {
  if (!state.prices) return [];
  const byCode = new Map(state.prices.bids.map((bid) => [bid.bidder.code, bid]));
  const ceiling = state.lot?.ceiling ?? null;
  const read = state.readings.map((reading) => {
    const bid = byCode.get(reading.bidder.code) ?? null;
    return {
      kind: "read", position: reading.position, bidder: reading.bidder, total: reading.total,
      capital: reading.capital, fields: bid?.fields ?? {}, over: bid?.over ?? false,
      below: belowCeiling(reading.total, ceiling), confirmed: state.confirmed[reading.bidder.code] ?? null,
    };
  });
  const seen = new Set(state.readings.map((reading) => reading.bidder.code));
  const rest = inListOrder(state, state.prices.bids.filter((bid) => !seen.has(bid.bidder.code)));
  const waiting = rest.filter((bid) => bid.total).map((bid) => ({ kind: "waiting", bidder: bid.bidder }));
  const none = rest.filter((bid) => !bid.total).map((bid) => ({
    kind: "none", bidder: bid.bidder, verdict: bid.verdict, fault: bid.fault, label: bid.label,
    decided: state.faults[`${bid.bidder.code} price`]?.fault ?? null,
  }));
  return [...read, ...waiting, ...none];
}

function inListOrder(state, bids) {
  const order = new Map((state.bidders?.list ?? []).map((bidder, index) => [bidder.code, index]));
  const place = (bid) => order.get(bid.bidder.code) ?? order.size;
  return [...bids].sort((a, b) => place(a) - place(b));
}

/** Figures of what has been read: `{ low, high, mean, count, to read }`, or null before the first. */
export function figuresOf(state) {
  const read = spread(state.readings.map((reading) => reading.total));
  return read && { ...read, count: state.readings.length, all: readableOf(state) };
}

/** How many bids have a price to be read. */
export function readableOf(state) {
  return (state.prices?.bids ?? []).filter((bid) => bid.total).length;
}

/**
 * A sentence cut at its punctuation with the share of the time at which each piece starts.
 * `[{ text, from }]`, from in 0..1; pieces keep their punctuation.
 */
export function pieces(sentence) {
  const parts = sentence.match(/.+?(?:[，。；：、！？]+|[,.;:](?=\s|$)\s*|$)/gu) ?? [];
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  let done = 0;
  return parts.map((text) => {
    const piece = { text, from: total === 0 ? 0 : done / total };
    done += text.length;
    return piece;
  });
}

/** Which piece is being spoken at `share` of the duration; the number of pieces once it is over. */
export function spokenPiece(list, share) {
  if (share >= 1) return list.length;
  let index = 0;
  while (index + 1 < list.length && list[index + 1].from <= share) index += 1;
  return index;
}

// Readings of the state: which phase, which step, which rows. Pure; `now` is the hall's time in ms.

import { currentBids, envelopeAt, isFollowed } from "./envelope.js";
import { belowCeiling, spread } from "./money.js";

/** The phase a person would name. `due`: the deadline passed and the hall has not yet said so. */
export function phaseOf(state, now) {
  if (!state.lot) return "empty";
  if (state.failed) return "failed";
  if (state.ended) return "terminated";
  if (state.closedAt !== null) return "closed";
  if (state.adjourned !== null) return "adjourned";
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
  empty: "receive", receiving: "receive", due: "receive", closing: "freeze", freezing: "freeze", degraded: "freeze",
  unsealing: "unseal", reading: "read", record: "record", adjourned: "adjourn", closed: "close",
};

// The steps of the strip by their names in a tender file's list, and when each began and was done.
const LISTED = {
  "publish-bidders": { key: "list", begun: (s) => s.earlier.at(-1)?.reconvenedAt ?? s.freezeDone?.at, done: (s) => s.bidders?.at },
  "check-bidders": { key: "check", begun: (s) => first(Object.values(s.checks))?.at, done: checkedAt },
  "check-seals": { key: "seals", begun: (s) => s.bidders?.at, done: (s) => s.seals?.at },
  "bidder-window": { key: "unlock", begun: (s) => s.seals?.at, done: (s) => s.bidderWindow?.closed },
  "announce-ceiling": { key: "ceiling", begun: () => null, done: (s) => s.ceilingAt },
  "unseal-prices": { key: "unseal", begun: (s) => s.unsealing.price?.at, done: (s) => s.prices?.at },
  "read-prices": { key: "read", begun: (s) => s.readings[0]?.at, done: (s) => s.readingDoneAt },
  record: { key: "record", begun: (s) => s.readingDoneAt, done: (s) => s.closedAt ?? s.adjourned },
};

const ORIGINAL = ["publish-bidders", "check-seals", "unseal-prices", "read-prices", "record"]
  .map((step) => ({ step, optional: false }));

const first = (list) => list[0] ?? null;

/** When the last current bidder was checked for the first time; null before that. */
function checkedAt(state) {
  const checked = Object.values(state.checks);
  return state.frozen && checked.length === currentBids(state).length ? Math.max(...checked.map((check) => check.at)) : null;
}

/** The steps of the present envelope up to its record, as the first entry of the log lists them. */
export function listedSteps(state) {
  return (state.lot && envelopeAt(state.lot, state.stage).steps) ?? ORIGINAL;
}

/**
 * The step that comes next and may not be left out, by its key in the strip; null when none is left.
 */
export function nextStep(state) {
  const next = listedSteps(state).find((listed) => !listed.optional && (LISTED[listed.step].done(state) ?? null) === null);
  return next ? LISTED[next.step].key : null;
}

/** The steps of the strip: `[{ key, status: done | now | next | left | failed, at }]`; `left`: left out. */
export function stepsOf(state, phase) {
  const strip = [
    { key: "receive", begun: state.lot?.at, ended: state.intake?.at },
    { key: "freeze", begun: state.intake?.at, ended: state.freezeDone?.at },
    ...listedSteps(state).map(({ step }) => ({ key: LISTED[step].key, begun: LISTED[step].begun(state), ended: LISTED[step].done(state) })),
    isFollowed(state) ? { key: "adjourn", begun: state.adjourned, ended: null } : { key: "close", begun: state.closedAt, ended: state.closedAt },
  ].map((step) => ({ key: step.key, begun: step.begun ?? null, ended: step.ended ?? null }));
  const current = isOver(phase) ? strip.find((step) => step.ended === null).key : STEP_OF[phase] ?? nextStep(state);
  return strip.map(({ key, begun, ended }, index) => {
    if (ended !== null || (phase === "closed" && !isOptional(state, key))) return { key, status: "done", at: ended };
    if (isOptional(state, key) && strip.slice(index + 1).some((later) => later.ended !== null)) return { key, status: "left", at: null };
    if (key !== current) return { key, status: "next", at: null };
    return isOver(phase) ? { key, status: "failed", at: (state.failed ?? state.ended).at } : { key, status: "now", at: begun };
  });
}

/** Whether the opening ended before its time. */
const isOver = (phase) => phase === "failed" || phase === "terminated";

const isOptional = (state, key) => listedSteps(state).some((listed) => listed.optional && LISTED[listed.step].key === key);

/** ceil((n + k) / 2) custodians must sign the frozen set (ruling 11). */
export function quorum({ n, k }) {
  return Math.ceil((n + k) / 2);
}

/** A bidder's name, only once a list of bidders has been published, be it with an earlier envelope. */
export function nameOf(state, code) {
  const lists = [state, ...state.earlier].map((left) => left.bidders?.list ?? []);
  return lists.flat().find((bidder) => bidder.code === code)?.name ?? null;
}

/**
 * One tile per sealed bid after the freeze, in the order of the published list; before the list, in
 * the order of the frozen set and without names.
 * `status`: sealed | checked | broken | unsealing | opened | failed.
 */
export function tilesOf(state) {
  if (!state.frozen) return [];
  const current = currentBids(state);
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
 * gave nothing to read. `kind`: read | waiting | none.
 */
export function rowsOf(state) {
  if (!state.prices) return [];
  const byCode = new Map(state.prices.bids.map((bid) => [bid.bidder.code, bid]));
  const ceiling = state.lot?.ceiling ?? null;
  const read = state.readings.map((reading) => {
    const bid = byCode.get(reading.bidder.code) ?? null;
    return {
      kind: "read", position: reading.position, bidder: reading.bidder, total: reading.total,
      capital: reading.capital, fields: bid?.fields ?? {}, over: bid?.over ?? false, ratesOver: bid?.ratesOver ?? [], consortium: bid?.consortium ?? [],
      below: belowCeiling(reading.total, ceiling), confirmed: state.confirmed[reading.bidder.code] ?? null,
    };
  });
  const seen = new Set(state.readings.map((reading) => reading.bidder.code));
  const rest = inListOrder(state, state.prices.bids.filter((bid) => !seen.has(bid.bidder.code)));
  const waiting = rest.filter(isReadable).map((bid) => ({ kind: "waiting", bidder: bid.bidder }));
  const none = rest.filter((bid) => !isReadable(bid)).map((bid) => ({
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
  const read = spread(state.readings.map((reading) => reading.total).filter(Boolean));
  return read && { ...read, count: state.readings.length, all: readableOf(state) };
}

/** How many bids have something to be read: those whose sheet opened and keeps the rules. */
export function readableOf(state) {
  return (state.prices?.bids ?? []).filter(isReadable).length;
}

const isReadable = (bid) => bid.verdict === "opened";

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

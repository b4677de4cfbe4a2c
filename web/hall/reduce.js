// State = reduce(entries). Pure: no clock, no network, no page. Every widget shows only what is here,
// so a late joiner, a replay and a live spectator see the same picture.

import { isFollowed, isPriced } from "./envelope.js";

const EVENTS_KEPT = 200;
const REFUSALS_KEPT = 100;

/** The state before entry 0. */
export function initial() {
  return {
    next: 0, // index of the next entry
    at: null, // stamp of the last entry
    lot: null, // data of lot-published
    ticks: { count: 0, last: null },
    roundApproved: null, // the supervisor approved who is invited to this round of sealed prices
    postponement: null, // asked for and not approved
    timeAsked: null, // the host confirmed the opening time, for custodians that cannot know it
    timeConfirmed: null, // and the supervisor did
    outages: [], // { custodian, from, to }, attested for the deadline that counts
    postponed: [], // { no, from, deadline, reason, at }, no reason after an outage; `lot.deadline` is the one that counts
    estimate: null, // the sealed base estimate that counts: { no, at }; its amount comes with the prices
    intake: null,
    frozen: null,
    freezeSigners: [],
    degraded: null,
    freezeDone: null,
    failed: null,
    hold: null, // while the opening is held: { holder, reason, text, at }
    holds: [], // holds that are over: the same with `to`
    measure: null, // asked for and not approved: { no, measure, reason, text, at }
    ended: null, // ended before its time by host and supervisor: the measure, `at` its approval
    stage: 1, // the envelope that is opened, or was opened last
    adjourned: null, // stamp: its opening is over and another envelope follows
    passedAsked: null, // the list of who passed that waits for the supervisor
    passed: null, // the approved one: { no, passed, failed, reconvene, reason, at, approvedAt }
    earlier: [], // what was left behind with each envelope before this one
    draws: {}, // number -> { startedAt, answers: [{ custodian, at }], outcome: null or { at, value, dropped } }
    ...ofEnvelope(),
    closedAt: null,
    results: [], // of the evaluation, told after the close: { no, until, ranked, rejected, text, at, answers: code -> { objection, at } }
    destroyed: [],
    journals: [],
    refusals: [],
    refusalCount: 0,
    unread: [], // entries this page cannot interpret: [{ i, kind }]
    events: [], // the latest entries in short, ticks in a row folded into one
  };
}

// What begins anew with each envelope.
function ofEnvelope() {
  return {
    signedIn: {}, // organisation code -> stamp
    bidders: null,
    checks: {}, // organisation code -> { identity, bond, reason, at }, the last one of each
    ceilingAt: null, // when the ceiling was announced
    seals: null,
    unsealing: { price: null, documents: null },
    partials: { price: [], documents: [] },
    custodianRefusals: [],
    prices: null, // of an envelope without a price: what its sheets name, every `total` null
    documents: null,
    readings: [],
    readingDoneAt: null,
    faults: {}, // decided where the evidence is silent: organisation code and part -> { fault, text, at }
    confirmed: {}, // organisation code -> stamp
    objections: [],
    bidderWindow: null, // in which bidders unlock their bids: { from, until, closed, unsealed, missing }
    window: null, // for objections, after the reading: { from, until }
    record: null,
    recordSignatures: [],
  };
}

/**
 * Adds one log entry. An index below `next` changes nothing (a repeat); one above it throws, because
 * a state with a hole must never be shown.
 */
export function reduce(state, entry) {
  if (entry.i < state.next) return state;
  if (entry.i !== state.next) throw new RangeError(`gap: expected ${state.next}, got ${entry.i}`);
  const base = { ...state, next: entry.i + 1, at: entry.at };
  const step = Object.hasOwn(STEPS, entry.kind) ? STEPS[entry.kind] : null;
  let patch = null;
  try {
    patch = step && step(state, entry.data, entry);
  } catch {
    patch = null; // the entry does not have the form this page knows; said on the page, never hidden
  }
  const unread = patch ? state.unread : [...state.unread, { i: entry.i, kind: entry.kind }];
  const what = isPriced({ ...base, ...patch }) ? "price" : "sheet";
  return { ...base, ...patch, unread, events: withEvent(state.events, entry, patch !== null, what) };
}

const STEPS = {
  "lot-published": (_, data, { at }) => {
    expect([data, ...(data.envelopes ?? [])].every(({ fields }) => Array.isArray(fields)));
    return { lot: { ...data, at } };
  },
  tick: (state, data, { at }) => ({
    ticks: { count: state.ticks.count + 1, last: { no: data.no, root: data.root, at } },
  }),
  "round-approved": (_, data, { at }) => ({ roundApproved: { no: data.no, invited: data.invited.length, at } }),
  "postponement-asked": (_, data, { at }) => ({
    postponement: { no: data.no, deadline: data.deadline, reason: data.reason, at },
  }),
  "time-confirmation-asked": (_, data, { at }) => ({ timeAsked: { deadline: data.deadline, at } }),
  "time-confirmed": (_, data, { at }) => ({ timeConfirmed: { deadline: data.deadline, at } }),
  "deadline-postponed": (state, data, { at }) => ({
    lot: { ...state.lot, deadline: data.deadline },
    postponement: null,
    outages: [],
    postponed: [...state.postponed, { no: data.no, from: data.from, deadline: data.deadline, reason: state.postponement.reason, at }],
  }),
  "outage-attested": (state, data) => ({
    outages: [...state.outages, { custodian: data.custodian, from: data.from, to: data.to }],
  }),
  "outage-postponed": (state, data, { at }) => ({
    lot: { ...state.lot, deadline: data.deadline },
    postponement: null,
    outages: [],
    postponed: [...state.postponed, { no: data.no, from: data.from, deadline: data.deadline, reason: null, at }],
  }),
  "estimate-sealed": (_, data, { at }) => ({ estimate: { no: data.no, at } }),
  "intake-closed": (_, data, { at }) => ({
    intake: { tick: data.tick, size: data.size, root: data.root, cosigned: data.cosignatures.length, at },
  }),
  "set-frozen": (_, data, { at }) => ({
    frozen: {
      freezeId: data.freeze_id, size: data.size, root: data.root, bidders: data.bidders, at,
      bids: data.bids.map((bid) => ({
        bidder: bid.bidder, seq: bid.seq, manifest: bid.manifest_sha256, status: bid.status,
        completedAt: bid.completed_at, bytes: bid.objects.reduce((sum, o) => sum + o.file_len, 0),
      })),
    },
  }),
  "freeze-signed": (state, data, { at }) => ({
    freezeSigners: [...state.freezeSigners, { custodian: data.custodian, at }],
  }),
  "freeze-degraded": (_, data, { at }) => ({
    degraded: { absent: data.absent, until: data.notice_until, at, approved: [] },
  }),
  "degraded-approved": (state, _, { at, by }) => ({
    degraded: { ...state.degraded, approved: [...state.degraded.approved, { role: by.split(":")[0], at }] },
  }),
  "freeze-completed": (_, data, { at }) => ({
    freezeDone: { signers: data.signers, degraded: data.degraded, at },
  }),
  "too-few-bidders": (_, data, { at }) => ({ failed: { bidders: data.bidders, min: data.min, at } }),
  "signed-in": (state, data, { at }) => ({ signedIn: { ...state.signedIn, [data.bidder.code]: at } }),
  "emergency-signed-in": (state, data, { at }) => ({ signedIn: { ...state.signedIn, [data.bidder.code]: at } }),
  "bidders-published": (_, data, { at }) => ({ bidders: { list: data.bidders, at } }),
  "bidder-checked": (state, data, { at }) => ({
    checks: { ...state.checks, [data.bidder]: { identity: data.identity, bond: data.bond, reason: data.reason, at } },
  }),
  "ceiling-announced": (_, __, { at }) => ({ ceilingAt: at }),
  "seals-checked": (_, data, { at }) => ({ seals: { results: data.results, at } }),
  "unsealing-started": (state, data, { at }) => ({
    unsealing: { ...state.unsealing, [data.part]: { stage: data.stage, at } },
  }),
  "partials-received": (state, data, { at }) => ({
    partials: {
      ...state.partials,
      [data.part]: [...state.partials[data.part], {
        custodian: data.custodian, at, count: data.partials ? data.partials.length : null,
      }],
    },
  }),
  "custodian-refused": (state, data, { at }) => ({
    custodianRefusals: [...state.custodianRefusals, { ...data, at }],
  }),
  "prices-published": (_, data, { at }) => ({
    prices: {
      at,
      estimate: data.estimate ? { amount: data.estimate.amount, label: data.estimate.label } : null,
      bids: data.bids.map((bid) => ({
        bidder: bid.bidder, verdict: bid.verdict, label: bid.label, fault: bid.fault,
        total: bid.total ?? null, fields: bid.fields, over: bid.over_ceiling, ratesOver: bid.rates_over_ceiling ?? [], consortium: bid.consortium ?? [],
      })),
    },
  }),
  "documents-opened": (_, data, { at }) => ({
    documents: { at, bids: data.bids.map((bid) => ({ bidder: bid.bidder, verdict: bid.verdict })) },
  }),
  "price-read": (state, data, { at }) => ({
    readings: [...state.readings, {
      position: data.position, bidder: data.bidder, total: data.total ?? null, capital: data.capital ?? null,
      zh: data.zh, en: data.en, duration: data.duration_ms, at, held: 0,
    }],
  }),
  "reading-finished": (state, _, { at }) => ({
    readingDoneAt: at,
    window: state.lot.objection_ms === undefined ? null : { from: at, until: at + state.lot.objection_ms },
  }),
  "objections-extended": (state, data) => ({ window: { ...state.window, until: data.until } }),
  "bidder-window-opened": (_, data, { at }) => ({ bidderWindow: { from: at, until: data.until, closed: null, unsealed: {}, missing: [] } }),
  "bidder-unsealed": (state, data, { at }) => ({
    bidderWindow: { ...state.bidderWindow, unsealed: { ...state.bidderWindow.unsealed, [data.bidder]: at } },
  }),
  "bidder-window-extended": (state, data) => ({ bidderWindow: { ...state.bidderWindow, until: data.until } }),
  "bidder-window-reopened": (state, data, { at }) => ({ bidderWindow: { ...state.bidderWindow, from: at, until: data.until, closed: null } }),
  "bidder-window-closed": (state, data, { at }) => ({ bidderWindow: { ...state.bidderWindow, closed: at, missing: data.missing } }),
  "fault-decided": (state, data, { at }) => ({
    faults: { ...state.faults, [`${data.bidder} ${data.part}`]: { fault: data.fault, text: data.text, at } },
  }),
  "price-confirmed": (state, data, { at }) => ({ confirmed: { ...state.confirmed, [data.bidder]: at } }),
  // A draw that failed may be started again: its answers begin anew.
  "draw-started": (state, data, { at }) => ({
    draws: { ...state.draws, [data.no]: { startedAt: at, answers: [], outcome: null } },
  }),
  "draw-partial": (state, data, { at }) => ({
    draws: withDraw(state, data.no, (draw) => ({ answers: [...draw.answers, { custodian: data.custodian, at }] })),
  }),
  "draw-made": (state, data, { at }) => ({
    draws: withDraw(state, data.no, () => ({ outcome: { at, value: data.value, dropped: data.dropped } })),
  }),
  "draw-failed": (state, data, { at }) => ({
    draws: withDraw(state, data.no, () => ({ outcome: { at, value: null, dropped: data.dropped } })),
  }),
  "objection-raised": (state, data, { at }) => ({
    objections: [...state.objections, { no: data.no, bidder: data.bidder, text: data.text, at, answer: null }],
  }),
  "objection-answered": (state, data, { at }) => ({
    objections: state.objections.map((objection) =>
      objection.no === data.no ? { ...objection, answer: { text: data.text, at } } : objection),
  }),
  "opening-paused": (state, data, { at, by }) => begun(state, { holder: by.split(":")[0], reason: data.reason, text: data.text, at }),
  "opening-resumed": (state, _, { at }) => ({ ...over(state, at), measure: null }),
  "measure-asked": (_, data, { at }) => ({
    measure: { no: data.no, measure: data.measure, reason: data.reason, text: data.text, at },
  }),
  "measure-taken": (state, data, { at }) => {
    const { reason, text } = state.measure;
    if (data.measure === "suspend") return { ...begun(state, { holder: "both", reason, text, at }), measure: null };
    const ended = data.measure === "resume" ? null : { ...state.measure, at };
    return { ...over(state, at), measure: null, ended };
  },
  "record-generated": (_, data, { at }) => ({ record: { sha256: data.sha256, at } }),
  // A new version: signatures count for their version.
  "record-corrected": (_, data, { at }) => ({
    record: { sha256: data.sha256, at, no: data.no, reason: data.reason }, recordSignatures: [],
  }),
  "record-signed": (state, data, { at }) => ({
    recordSignatures: [...state.recordSignatures, { party: data.party, role: data.role, at }],
  }),
  "envelope-closed": (state, data, { at }) => {
    expect(isFollowed(state) && data.stage === state.stage);
    return { adjourned: at };
  },
  "passed-listed": (state, data, { at }) => {
    expect(state.adjourned !== null && data.stage === state.stage && Number.isSafeInteger(data.reconvene_at));
    const failed = data.failed.map(({ bidder, reason }) => ({ bidder, reason }));
    return { passedAsked: { no: data.no, passed: [...data.passed], failed, reconvene: data.reconvene_at, reason: data.reason, at } };
  },
  "passed-approved": (state, data, { at }) => {
    const asked = state.passedAsked;
    expect(asked.no === data.no && asked.passed.join() === data.passed.join());
    return { passed: { ...asked, approvedAt: at }, passedAsked: null };
  },
  "opening-reconvened": (state, data, { at }) => {
    expect(state.passed !== null && data.stage === state.stage + 1);
    return { ...ofEnvelope(), stage: data.stage, adjourned: null, passed: null, measure: null, earlier: [...state.earlier, leftBehind(state, at)] };
  },
  "opening-closed": (_, __, { at }) => ({ closedAt: at }),
  "result-announced": (state, data, { at }) => {
    expect(state.closedAt !== null && data.no === state.results.length + 1 && Number.isSafeInteger(data.until));
    const rejected = data.rejected.map(({ bidder, reason }) => ({ bidder, reason }));
    return { results: [...state.results, { no: data.no, until: data.until, ranked: [...data.ranked], rejected, text: data.text, at, answers: {} }] };
  },
  "result-answered": (state, data, { at }) => {
    const newest = state.results.at(-1);
    expect(newest.no === data.no && (data.objection === null || typeof data.objection === "string"));
    const answers = { ...newest.answers, [data.bidder]: { objection: data.objection, at } };
    return { results: [...state.results.slice(0, -1), { ...newest, answers }] };
  },
  // Talk moves nothing in the opening: it stands in the list of entries only.
  "chat-said": (_, data) => (expect(typeof data.text === "string"), {}),
  "chat-private": (_, data) => (expect(typeof data.text_sha256 === "string"), {}),
  "chat-muted": (_, data) => (expect(data.bidder === null || typeof data.bidder === "string"), {}),
  "chat-unmuted": (_, data) => (expect(data.bidder === null || typeof data.bidder === "string"), {}),
  "chat-removed": (_, data) => (expect(typeof data.bidder === "string"), {}),
  "chat-readmitted": (_, data) => (expect(typeof data.bidder === "string"), {}),
  "journal-signed": (state, data, { at }) => ({
    journals: [...state.journals, { custodian: data.custodian, moment: data.moment, sha256: data.sha256, at }],
  }),
  "key-destroyed": (state, data, { at }) => ({
    destroyed: [...state.destroyed, { custodian: data.custodian, at }],
  }),
  refused: (state, data, { at, i }) => ({
    refusals: [...state.refusals.slice(1 - REFUSALS_KEPT), { ...data, at, i }],
    refusalCount: state.refusalCount + 1,
  }),
};

// The few facts the event list needs; the rest of an entry stays in the log.
const BRIEFS = {
  tick: (d) => ({ no: d.no }),
  "round-approved": (d) => ({ no: d.no, count: d.invited.length }),
  "postponement-asked": (d) => ({ no: d.no, deadline: d.deadline, reason: d.reason }),
  "deadline-postponed": (d) => ({ no: d.no, from: d.from, deadline: d.deadline }),
  "outage-attested": (d) => ({ custodian: d.custodian }),
  "outage-postponed": (d) => ({ no: d.no, from: d.from, deadline: d.deadline }),
  "estimate-sealed": (d) => ({ no: d.no }),
  "intake-closed": (d) => ({ cosigned: d.cosignatures.length }),
  "set-frozen": (d) => ({ bids: d.bidders }),
  "freeze-signed": (d) => ({ custodian: d.custodian }),
  "freeze-degraded": (d) => ({ absent: d.absent }),
  "freeze-completed": (d) => ({ count: d.signers.length }),
  "too-few-bidders": (d) => ({ count: d.bidders, min: d.min }),
  "signed-in": (d) => ({ bidder: d.bidder.code, agent: d.agent?.name ?? null }),
  "emergency-signed-in": (d) => ({ bidder: d.bidder.code, reason: d.reason }),
  "bidders-published": (d) => ({ count: d.bidders.length }),
  "bidder-checked": (d) => ({ bidder: d.bidder, identity: d.identity, bond: d.bond, reason: d.reason }),
  "ceiling-announced": (d) => ({ total: d.ceiling }),
  "seals-checked": (d) => ({ count: d.results.length, sealed: d.results.filter((r) => r.sealed).length }),
  "bidder-window-opened": (d) => ({ deadline: d.until }),
  "bidder-unsealed": (d) => ({ bidder: d.bidder }),
  "bidder-window-extended": (d) => ({ deadline: d.until, reason: d.text }),
  "bidder-window-reopened": (d) => ({ deadline: d.until, reason: d.text }),
  "bidder-window-closed": (d) => ({ count: d.missing.length }),
  "unsealing-started": (d) => ({ part: d.part }),
  "partials-received": (d) => ({ custodian: d.custodian, part: d.part }),
  "custodian-refused": (d) => ({ custodian: d.custodian, label: d.label, draw: d.draw ?? null }),
  "journal-signed": (d) => ({ custodian: d.custodian, moment: d.moment }),
  "key-destroyed": (d) => ({ custodian: d.custodian }),
  "prices-published": (d) => ({
    count: d.bids.filter((b) => b.verdict === "opened").length, total: d.estimate?.amount ?? null,
  }),
  "documents-opened": (d) => ({ count: d.bids.filter((b) => b.verdict === "opened").length }),
  "price-read": (d) => ({ position: d.position, bidder: d.bidder.code, total: d.total ?? null }),
  "fault-decided": (d) => ({ bidder: d.bidder, part: d.part, fault: d.fault, text: d.text }),
  "price-confirmed": (d) => ({ bidder: d.bidder }),
  "draw-started": (d) => ({ no: d.no }),
  "draw-partial": (d) => ({ no: d.no, custodian: d.custodian }),
  "draw-made": (d) => ({ no: d.no, value: d.value }),
  "draw-failed": (d) => ({ no: d.no }),
  "objection-raised": (d) => ({ no: d.no, bidder: d.bidder }),
  "objections-extended": (d) => ({ deadline: d.until }),
  "objection-answered": (d) => ({ no: d.no }),
  "opening-paused": (d, by) => ({ holder: by.split(":")[0], reason: d.reason, text: d.text }),
  "measure-asked": (d) => ({ no: d.no, measure: d.measure, reason: d.reason, text: d.text }),
  "measure-taken": (d) => ({ no: d.no, measure: d.measure }),
  "record-corrected": (d) => ({ no: d.no, text: d.reason }),
  "envelope-closed": (d) => ({ stage: d.stage }),
  "passed-listed": (d) => ({ no: d.no, passed: d.passed.length, failed: d.failed.length, deadline: d.reconvene_at, reason: d.reason }),
  "passed-approved": (d) => ({ no: d.no, passed: d.passed.length }),
  "opening-reconvened": (d) => ({ stage: d.stage }),
  "result-announced": (d) => ({ no: d.no, deadline: d.until }),
  "result-answered": (d) => ({ no: d.no, bidder: d.bidder, objects: d.objection !== null }),
  "record-signed": (d) => ({ name: d.party.name, role: d.role }),
  "chat-said": (d, by) => ({ ...author(by), text: d.text }),
  "chat-private": (_, by) => author(by),
  "chat-muted": (d) => ({ bidder: d.bidder, all: d.bidder === null, text: d.reason }),
  "chat-unmuted": (d) => ({ bidder: d.bidder, all: d.bidder === null, text: d.reason }),
  "chat-removed": (d) => ({ bidder: d.bidder, text: d.reason }),
  "chat-readmitted": (d) => ({ bidder: d.bidder, text: d.reason }),
  refused: (d) => ({ command: d.command, label: d.label, zh: d.zh, en: d.en }),
};

// Who talks: a bidder by its code, host and supervisor by their role.
function author(by) {
  const [role, code] = by.split(":");
  return { role, bidder: role === "bidder" ? code : null };
}

// A hold by a higher hand takes the place of one that lasts.
function begun(state, hold) {
  return { ...over(state, hold.at), hold };
}

// Clocks stood while the opening was held: a notice ends later, and a reading goes on where it was.
function over(state, at) {
  if (!state.hold) return {};
  const held = at - state.hold.at;
  const later = (reading, index) => index === state.readings.length - 1 ? { ...reading, held: reading.held + held } : reading;
  return {
    hold: null,
    holds: [...state.holds, { ...state.hold, to: at }],
    degraded: state.degraded && { ...state.degraded, until: state.degraded.until + held },
    window: state.window && { ...state.window, until: state.window.until + held },
    bidderWindow: state.bidderWindow?.closed === null ? { ...state.bidderWindow, until: state.bidderWindow.until + held } : state.bidderWindow,
    readings: state.readings.map(later),
  };
}

// An entry that does not fit what the log said before is not understood, and said so on the page.
function expect(fits) {
  if (!fits) throw new RangeError("does not follow from the log");
}

// An envelope as it was left when the opening went on with the next.
function leftBehind(state, at) {
  const { stage, bidders, adjourned, passed, record } = state;
  return {
    stage, bidders, record: record.sha256, read: state.readings.length,
    bids: state.prices.bids.map(({ bidder, verdict, total, fields }) => ({ bidder, verdict, total, fields })),
    passed: passed.passed, failed: passed.failed, reason: passed.reason,
    adjournedAt: adjourned, approvedAt: passed.approvedAt, reconvenedAt: at,
  };
}

// Entries about a draw that was not started are not understood, and said so on the page.
function withDraw(state, no, patch) {
  const draw = state.draws[no];
  if (!draw) throw new RangeError(`draw ${no} was not started`);
  return { ...state.draws, [no]: { ...draw, ...patch(draw) } };
}

function withEvent(events, entry, understood, what) {
  const { i, at, by, kind } = entry;
  const last = events[events.length - 1];
  if (kind === "tick" && last && last.kind === "tick") {
    return [...events.slice(0, -1), { ...last, i, at, count: last.count + 1 }];
  }
  const brief = understood && Object.hasOwn(BRIEFS, kind) ? BRIEFS[kind](entry.data, by) : {};
  const event = { i, at, by, kind: understood ? kind : "unknown", raw: kind, from: i, count: 1, what, ...brief };
  // `count` of a tick is the number of folded ticks; of other kinds it comes from the brief.
  return [...events.slice(1 - EVENTS_KEPT), event];
}

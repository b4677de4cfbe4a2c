import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { figuresOf, nameOf, nextStep, phaseOf, pieces, quorum, rowsOf, spokenPiece, stepsOf, tilesOf } from "../hall/phase.js";
import { initial, reduce } from "../hall/reduce.js";

const read = (name) => readFileSync(new URL(name, import.meta.url), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
const LOG = read("sample-log.jsonl");
const upto = (log, count) => log.slice(0, count).reduce(reduce, initial());
const freeze = (value) => {
  if (value && typeof value === "object" && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
};
const index = (kind, nth = 1) => LOG.map((entry, i) => (entry.kind === kind ? i : -1)).filter((i) => i >= 0)[nth - 1];
const after = (kind, nth = 1) => upto(LOG, index(kind, nth) + 1);

test("the phases follow the procedure", () => {
  const before = LOG[0].data.deadline - 1;
  const seen = [];
  let state = initial();
  for (const entry of LOG) {
    state = reduce(state, entry);
    const phase = phaseOf(state, before);
    if (seen[seen.length - 1] !== phase) seen.push(phase);
  }
  assert.deepEqual(seen, ["receiving", "closing", "freezing", "ready", "list", "sealed", "unsealing", "published", "reading", "read", "record", "closed"]);
});

test("the destruction of shares follows the end and changes no phase", () => {
  assert.deepEqual(after("opening-closed").destroyed, []);
  const state = upto(LOG, LOG.length);
  assert.deepEqual(state.destroyed.map(({ custodian }) => custodian), [1, 2, 3]);
  assert.equal(phaseOf(state, null), "closed");
  const failed = read("sample-failed.jsonl").reduce(reduce, initial());
  assert.deepEqual([failed.destroyed.length, phaseOf(failed, null)], [2, "failed"]);
});

test("draws wait for custodians, have a value, or fail and begin anew", () => {
  // The very log that the procedure's own tests commit; index and command of each line are the journal's.
  const drawn = read("../../fixtures/vectors/opening/log-drawn.jsonl").map((entry, i) => ({ i, ...entry }));
  const states = [];
  let state = initial();
  for (const entry of drawn) {
    state = reduce(state, entry);
    if (entry.kind.startsWith("draw-")) states.push([entry.kind, entry.data.no, state.draws[entry.data.no]]);
  }
  assert.deepEqual(state.unread, []);
  const brief = states.map(([kind, no, draw]) => [kind, no, draw.answers.length, draw.outcome && draw.outcome.value]);
  assert.deepEqual(brief, [
    ["draw-started", 1, 0, null], ["draw-partial", 1, 1, null], ["draw-partial", 1, 2, null], ["draw-made", 1, 2, "20"],
    ["draw-started", 2, 0, null], ["draw-partial", 2, 1, null], ["draw-failed", 2, 1, null],
    ["draw-started", 2, 0, null], ["draw-partial", 2, 1, null], ["draw-partial", 2, 2, null], ["draw-partial", 2, 3, null],
    ["draw-made", 2, 3, "0.98"],
  ]);
  assert.deepEqual(state.draws[2].outcome.dropped, [2]);
  assert.equal(state.lot.draws.length, 2);
  assert.deepEqual(upto(LOG, LOG.length).draws, {});
});

test("a lot that lists its steps has them in the strip, and says which one comes next", () => {
  const works = read("../../fixtures/vectors/opening/log-works.jsonl").map((entry, i) => ({ i, ...entry }));
  const at = (kind, nth = 1) => works.map((entry, i) => (entry.kind === kind ? i : -1)).filter((i) => i >= 0)[nth - 1];
  const ready = upto(works, at("freeze-completed") + 1);
  const keys = ["receive", "freeze", "list", "check", "seals", "ceiling", "unseal", "read", "record", "close"];
  assert.deepEqual(stepsOf(ready, "ready").map((step) => step.key), keys);
  assert.equal(nextStep(ready), "list");
  const checking = upto(works, at("bidder-checked", 3) + 1);
  assert.deepEqual([nextStep(checking), Object.keys(checking.checks).length, phaseOf(checking, null)], ["check", 3, "list"]);
  assert.equal(stepsOf(checking, "list").find((step) => step.status === "now").key, "check");
  assert.equal(nextStep(upto(works, at("bidder-checked", 4) + 1)), "seals");
  const sealed = upto(works, at("seals-checked") + 1);
  assert.deepEqual([nextStep(sealed), sealed.ceilingAt], ["unseal", null]);
  const closed = upto(works, works.length);
  assert.deepEqual(closed.unread, []);
  assert.deepEqual(stepsOf(closed, "closed").map((step) => step.status), keys.map(() => "done"));
  // The finding about the third bidder was put right: the last one counts.
  assert.equal(closed.checks[closed.bidders.list[2].code].bond, "guarantee");
  const silent = works.filter((entry) => entry.kind !== "ceiling-announced").map((entry, i) => ({ ...entry, i })).reduce(reduce, initial());
  assert.equal(stepsOf(silent, "closed").find((step) => step.key === "ceiling").status, "left");
});

test("a bidder is signed in once, by itself or by the host", () => {
  const log = read("../../fixtures/vectors/opening/log-attended.jsonl").map((entry, i) => ({ i, ...entry }));
  const state = log.reduce(reduce, initial());
  assert.deepEqual(state.unread, []);
  assert.equal(Object.keys(state.signedIn).length, 3);
  const brief = state.events.filter((event) => event.kind.endsWith("signed-in"));
  assert.deepEqual(brief.map((event) => event.agent ?? event.reason ?? null), ["张三", null, "投标人电脑无法联网，电话核实身份"]);
});

test("a lot without a list has the steps of the first version", () => {
  const state = after("freeze-completed");
  assert.deepEqual(stepsOf(state, "ready").map((step) => step.key), ["receive", "freeze", "list", "seals", "unseal", "read", "record", "close"]);
  assert.equal(nextStep(state), "list");
  assert.equal(nextStep(after("bidders-published")), "seals");
  assert.equal(nextStep(upto(LOG, LOG.length)), null);
});

test("an outcome of a draw that nobody started is not understood", () => {
  const before = upto(LOG, LOG.length);
  const made = { i: before.next, at: 1, by: "hall", kind: "draw-made", data: { no: 1, index: 0, value: "1", dropped: [] } };
  const state = reduce(before, made);
  assert.deepEqual(state.draws, {});
  assert.equal(state.unread.at(-1).kind, "draw-made");
});

test("a confirmed time is known and changes no phase", () => {
  const state = after("set-frozen");
  const entry = (i, kind, by) => ({ i, at: state.at + i, by, kind, data: { deadline: state.lot.deadline }, cmd: null, sig: null });
  const next = LOG[index("set-frozen")].i + 1;
  const asked = reduce(state, entry(next, "time-confirmation-asked", "host"));
  assert.deepEqual([asked.timeAsked.deadline, asked.timeConfirmed], [state.lot.deadline, null]);
  const confirmed = reduce(asked, entry(next + 1, "time-confirmed", "supervisor"));
  assert.equal(confirmed.timeConfirmed.deadline, state.lot.deadline);
  assert.equal(phaseOf(confirmed, null), phaseOf(state, null));
  assert.deepEqual(confirmed.unread, state.unread);
});

test("signed journals follow the freeze and the end and change no phase", () => {
  const frozen = after("journal-signed", 3);
  assert.deepEqual(frozen.journals.map(({ custodian, moment }) => `${custodian} ${moment}`), ["1 freeze", "2 freeze", "3 freeze"]);
  assert.equal(phaseOf(frozen, null), "ready");
  assert.deepEqual(upto(LOG, LOG.length).journals.slice(3).map(({ moment }) => moment), ["close", "close", "close"]);
});

test("an empty state is a phase, and the deadline changes the phase without an entry", () => {
  assert.equal(phaseOf(initial(), null), "empty");
  const state = upto(LOG, 5);
  assert.equal(phaseOf(state, state.lot.deadline - 1), "receiving");
  assert.equal(phaseOf(state, state.lot.deadline), "due");
  assert.equal(phaseOf(state, null), "receiving");
});

test("reduce changes neither the state nor the entry it is given", () => {
  LOG.reduce((state, entry) => freeze(reduce(state, freeze(structuredClone(entry)))), freeze(initial()));
});

test("the whole log at once equals the log in two halves joined at any entry", () => {
  const whole = upto(LOG, LOG.length);
  for (let cut = 0; cut <= LOG.length; cut += 7) assert.deepEqual(LOG.slice(cut).reduce(reduce, upto(LOG, cut)), whole);
});

test("a repeated entry changes nothing; a gap throws", () => {
  const state = upto(LOG, 10);
  assert.equal(reduce(state, LOG[9]), state);
  assert.equal(reduce(state, LOG[0]), state);
  assert.throws(() => reduce(state, LOG[11]), /gap: expected 10, got 11/);
});

test("an entry of an unknown kind or form is counted, shown and never hides the next", () => {
  let state = upto(LOG, 1);
  state = reduce(state, { i: 1, at: 1, by: "hall", kind: "from-the-future", data: {} });
  state = reduce(state, { i: 2, at: 2, by: "hall", kind: "set-frozen", data: {} });
  state = reduce(state, { i: 3, at: 3, by: "hall", kind: "constructor", data: {} });
  state = reduce(state, { i: 4, at: 4, by: "hall", kind: "tick", data: null });
  assert.deepEqual(state.unread.map((entry) => entry.i), [1, 2, 3, 4]);
  assert.equal(state.frozen, null);
  assert.ok(state.events.slice(1).every((event) => event.kind === "unknown"));
  assert.equal(reduce(state, { ...LOG[1], i: 5 }).ticks.count, 1);
});

test("before the deadline nothing derived from the state tells a number of bidders", () => {
  const state = upto(LOG, index("intake-closed"));
  assert.deepEqual(tilesOf(state), []);
  assert.deepEqual(rowsOf(state), []);
  assert.equal(state.frozen, null);
  assert.deepEqual(state.events.map((event) => event.kind), ["lot-published", "tick"]);
  assert.equal(state.events[1].count, 20);
});

test("names appear only with the published list, although the frozen set carries them", () => {
  const code = LOG[index("bidders-published")].data.bidders[0].code;
  const sealed = upto(LOG, index("bidders-published"));
  assert.equal(nameOf(sealed, code), null);
  assert.equal(tilesOf(sealed).length, 12);
  assert.ok(tilesOf(sealed).every((tile) => tile.name === null));
  assert.ok(tilesOf(after("bidders-published")).every((tile) => tile.name.endsWith("（虚构）")));
});

test("superseded and withdrawn bids are no tiles", () => {
  const state = after("set-frozen");
  assert.equal(state.frozen.bids.length, 14);
  assert.equal(tilesOf(state).length, 12);
});

test("tiles go from sealed to checked, unsealing, opened; a failure is its own", () => {
  const statuses = (state) => [...new Set(tilesOf(state).map((tile) => tile.status))];
  assert.deepEqual(statuses(after("freeze-completed")), ["sealed"]);
  assert.deepEqual(statuses(after("seals-checked")), ["checked"]);
  assert.deepEqual(statuses(after("unsealing-started")), ["unsealing"]);
  assert.deepEqual(statuses(after("prices-published")), ["opened", "failed"]);
});

test("a broken seal of one part marks the whole bid", () => {
  const entry = structuredClone(LOG[index("seals-checked")]);
  entry.data.results[1] = { ...entry.data.results[1], sealed: false, label: "E_RECEIPT" };
  const state = reduce(upto(LOG, index("seals-checked")), entry);
  assert.equal(tilesOf(state)[0].status, "broken");
  assert.equal(tilesOf(state)[1].status, "checked");
});

test("rows grow in reading order; the rest waits; unopened bids come last", () => {
  const state = after("price-read", 3);
  const rows = rowsOf(state);
  assert.deepEqual(rows.map((row) => row.kind), [...Array(3).fill("read"), ...Array(8).fill("waiting"), "none"]);
  assert.deepEqual(rows.slice(0, 3).map((row) => row.position), [1, 2, 3]);
  assert.equal(rows[0].below, 382);
  assert.equal(rows[0].fields.manager, "周明远");
  assert.equal(rows[11].fault, "bidder");
  assert.ok(!Object.hasOwn(rows[4], "total"), "a price not yet read is not in the row");
});

test("prices are shown by nothing before prices-published", () => {
  assert.deepEqual(rowsOf(upto(LOG, index("prices-published"))), []);
  assert.equal(figuresOf(upto(LOG, index("price-read"))), null);
});

test("a bid above the ceiling is flagged", () => {
  const row = rowsOf(after("price-read", 11)).find((entry) => entry.over);
  assert.equal(row.position, 11);
  assert.equal(row.below, -75);
});

test("confirmations, objections and refusals are kept", () => {
  const state = upto(LOG, LOG.length);
  assert.equal(Object.keys(state.confirmed).length, 10);
  assert.equal(state.objections.length, 1);
  assert.match(state.objections[0].answer.text, /口径一致/);
  assert.equal(after("objection-raised").objections[0].answer, null);
  assert.deepEqual(state.refusals.map((refusal) => refusal.label), ["E_SEALS_NOT_CHECKED", "E_OBJECTION_UNANSWERED"]);
  assert.equal(state.recordSignatures.length, 5);
});

test("documents may be unsealed while prices are read", () => {
  const state = after("unsealing-started", 2);
  assert.equal(phaseOf(state, null), "reading");
  assert.ok(state.unsealing.documents);
  assert.equal(after("partials-received", 4).partials.documents.length, 2);
});

test("too few bidders: failed, nothing unsealed, the step strip says where", () => {
  const failed = read("sample-failed.jsonl");
  const state = upto(failed, failed.length);
  assert.equal(phaseOf(state, null), "failed");
  const { at } = read("sample-failed.jsonl").find((entry) => entry.kind === "too-few-bidders");
  assert.deepEqual(state.failed, { bidders: 2, min: 3, at });
  assert.ok(tilesOf(state).every((tile) => tile.status === "sealed" && tile.name === null));
  assert.deepEqual(stepsOf(state, "failed").map((step) => step.status).slice(0, 4), ["done", "done", "failed", "next"]);
});

test("a degraded freeze shows who is absent and who approved", () => {
  const log = read("sample-degraded.jsonl");
  const notice = upto(log, 27);
  assert.equal(phaseOf(notice, null), "degraded");
  assert.deepEqual(notice.degraded.absent, [2]);
  assert.deepEqual(notice.degraded.approved.map((approval) => approval.role), ["supervisor"]);
  const done = upto(log, log.length);
  assert.equal(phaseOf(done, null), "ready");
  assert.deepEqual(done.freezeDone.signers, [1, 3]);
});

test("a postponed lot waits for its later deadline and tells of a request without answer", () => {
  const log = read("sample-postponed.jsonl");
  const first = log[0].data.deadline;
  const asked = upto(log, 14);
  assert.deepEqual([asked.lot.deadline, asked.postponement.no, asked.postponed], [first, 1, []]);
  const moved = upto(log, 15);
  assert.deepEqual([moved.lot.deadline, moved.postponement], [first + 7_200_000, null]);
  assert.deepEqual([moved.postponed[0].from, moved.postponed[0].deadline], [first, first + 7_200_000]);
  assert.equal(phaseOf(moved, first + 1_000), "receiving");
  const again = upto(log, log.length);
  assert.deepEqual([again.lot.deadline, again.postponement.no], [first + 7_200_000, 2]);
});

test("a held lot stands still, whoever holds it; one that is ended says why", () => {
  const log = read("sample-ended.jsonl");
  const at = (kind, nth = 0) => log.filter((entry) => entry.kind === kind)[nth].i + 1;
  const paused = upto(log, at("opening-paused"));
  assert.equal(phaseOf(paused, null), "freezing");
  assert.deepEqual([paused.hold.holder, paused.hold.reason], ["host", "power"]);
  const ordered = upto(log, at("opening-paused", 1));
  assert.deepEqual([ordered.hold.holder, ordered.holds.length, ordered.holds[0].to], ["supervisor", 1, ordered.hold.at]);
  assert.equal(upto(log, at("opening-resumed")).hold, null);
  const suspended = upto(log, at("measure-taken"));
  assert.deepEqual([suspended.hold.holder, suspended.hold.text, suspended.measure], ["both", "平台遭受攻击", null]);
  const end = upto(log, at("measure-taken", 1));
  assert.equal(phaseOf(end, null), "terminated");
  assert.deepEqual([end.ended.measure, end.ended.reason, end.hold, end.holds.length], ["terminate", "leak-risk", null, 3]);
  assert.deepEqual(stepsOf(end, "terminated").map((step) => step.status).slice(0, 4), ["done", "done", "failed", "next"]);
  assert.ok(tilesOf(end).every((tile) => tile.status === "sealed"));
  assert.equal(upto(log, log.length).destroyed.length, 3);
});

test("the clocks of a held lot stand: a notice ends later, a reading goes on where it was", () => {
  const notice = upto(read("sample-degraded.jsonl"), 27);
  const entry = (state, after, by, kind, data = {}) => reduce(state, { i: state.next, at: state.at + after, by, kind, data });
  const held = entry(notice, 1_000, "host:x", "opening-paused", { reason: "other", text: "x" });
  assert.equal(entry(held, 5_000, "host:x", "opening-resumed").degraded.until, notice.degraded.until + 5_000);
  const reading = upto(LOG, LOG.findIndex((line) => line.kind === "price-read") + 1);
  const stood = entry(entry(reading, 1_000, "host:x", "opening-paused", { reason: "other", text: "x" }), 7_000, "host:x", "opening-resumed");
  assert.deepEqual([reading.readings[0].held, stood.readings[0].held, stood.readings[0].at], [0, 7_000, reading.readings[0].at]);
});

test("the bidder window: opened, unlocked in, held, over and opened again", () => {
  const sealed = upto(LOG, LOG.findIndex((line) => line.kind === "seals-checked") + 1);
  const entry = (state, after, by, kind, data = {}) => reduce(state, { i: state.next, at: state.at + after, by, kind, data });
  const open = entry(sealed, 0, "host:x", "bidder-window-opened", { stage: 1, until: sealed.at + 600_000 });
  assert.deepEqual([open.bidderWindow.until - open.at, open.bidderWindow.closed], [600_000, null]);
  const own = entry(open, 1_000, "bidder:A", "bidder-unsealed", { stage: 1, bidder: "A", manifest_sha256: "", secrets: [] });
  assert.deepEqual(own.bidderWindow.unsealed, { A: own.at });
  const held = entry(own, 1_000, "host:x", "opening-paused", { reason: "other", text: "x" });
  const goes = entry(held, 7_000, "host:x", "opening-resumed");
  assert.equal(goes.bidderWindow.until, open.bidderWindow.until + 7_000);
  const more = entry(goes, 0, "host:x", "bidder-window-extended", { stage: 1, by_ms: 1_000, until: goes.bidderWindow.until + 1_000, text: "x" });
  const over = entry(more, 700_000, "hall", "bidder-window-closed", { stage: 1, missing: ["B"] });
  assert.deepEqual([over.bidderWindow.closed, over.bidderWindow.missing], [over.at, ["B"]]);
  const stood = entry(entry(over, 0, "host:x", "opening-paused", { reason: "other", text: "x" }), 9_000, "host:x", "opening-resumed");
  assert.equal(stood.bidderWindow.until, over.bidderWindow.until);
  const again = entry(stood, 0, "host:x", "bidder-window-reopened", { stage: 1, by_ms: 1_000, until: stood.at + 1_000, text: "x" });
  assert.deepEqual([again.bidderWindow.closed, again.bidderWindow.unsealed], [null, own.bidderWindow.unsealed]);
});

test("the freeze quorum of ruling 11", () => {
  assert.equal(quorum({ n: 3, k: 2 }), 3);
  assert.equal(quorum({ n: 5, k: 3 }), 4);
  assert.equal(quorum({ n: 1, k: 1 }), 1);
});

test("the event list stays bounded and folds ticks", () => {
  let state = upto(LOG, 1);
  for (let i = 1; i <= 5000; i += 1) state = reduce(state, { i, at: i, by: "hall", kind: i % 3 ? "tick" : "reading-finished", data: { no: i, root: "00" } });
  assert.ok(state.events.length <= 200);
  assert.equal(state.next, 5001);
  assert.equal(state.events[state.events.length - 1].count, 2);
});

test("sentences are cut at punctuation, not inside figures", () => {
  const zh = pieces("投标人，甲公司（虚构）。投标总价，人民币壹元整。");
  assert.deepEqual(zh.map((piece) => piece.text), ["投标人，", "甲公司（虚构）。", "投标总价，", "人民币壹元整。"]);
  const en = pieces("Bidder: A Co. Total price: CNY 132,045,600.00. Duration: 420 days.");
  assert.ok(en.some((piece) => piece.text.includes("132,045,600.00")));
  assert.equal(zh[0].from, 0);
  assert.equal(spokenPiece(zh, 0), 0);
  assert.equal(spokenPiece(zh, 0.99), 3);
  assert.equal(spokenPiece(zh, 1), 4);
  assert.equal(spokenPiece(zh, -1), 0);
  assert.deepEqual(pieces(""), []);
});

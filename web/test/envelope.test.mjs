// Several envelopes (双信封), and sheets that name no price.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { currentBids, isPriced, keptBids } from "../hall/envelope.js";
import { figuresOf, listedSteps, nameOf, nextStep, phaseOf, readableOf, rowsOf, stepsOf, tilesOf } from "../hall/phase.js";
import { initial, reduce } from "../hall/reduce.js";
import { nowSentence, targetOf } from "../hall/view-head.js";
import { describe } from "../hall/view-log.js";
import { LANGUAGES, shortOf, whatOf } from "../hall/words.js";

const read = (name) => readFileSync(new URL(`../../fixtures/vectors/opening/log-${name}.jsonl`, import.meta.url), "utf8")
  .trimEnd().split("\n").map((line, i) => ({ i, ...JSON.parse(line) }));
const LOG = read("envelopes");
const APPLICATIONS = read("applications");
const upto = (log, count) => log.slice(0, count).reduce(reduce, initial());
const place = (log, kind, nth = 1) => log.filter((entry) => entry.kind === kind)[nth - 1].i;
const after = (kind, nth = 1) => upto(LOG, place(LOG, kind, nth) + 1);
const codes = LOG[place(LOG, "bidders-published")].data.bidders.map((bidder) => bidder.code);
const next = (state, kind, data, by = "host:x") => reduce(state, { i: state.next, at: state.at + 1, by, kind, data });

test("each envelope goes through its phases; between two the opening is adjourned", () => {
  const seen = [];
  let state = initial();
  for (const entry of LOG) {
    state = reduce(state, entry);
    const phase = `${state.stage} ${phaseOf(state, null)}`;
    if (seen.at(-1) !== phase) seen.push(phase);
  }
  const each = (stage, last) => ["ready", "list", "sealed", "unsealing", "published", "reading", "read", "record", last].map((phase) => `${stage} ${phase}`);
  assert.deepEqual(seen, ["1 receiving", "1 closing", "1 freezing", ...each(1, "adjourned"), ...each(2, "closed")]);
  assert.deepEqual(state.unread, []);
});

test("the list of who passed waits for the supervisor, may be made anew, and is approved as it was read", () => {
  const closed = after("envelope-closed");
  assert.deepEqual([closed.adjourned, closed.passedAsked, closed.passed, targetOf(closed, "adjourned")], [closed.at, null, null, null]);
  const asked = after("passed-listed");
  assert.deepEqual([asked.passedAsked.no, asked.passedAsked.passed, asked.passed], [1, codes.slice(0, 3), null]);
  const { reconvene_at: time } = LOG[place(LOG, "passed-listed")].data;
  assert.equal(targetOf(asked, phaseOf(asked, null)), time);
  assert.equal(after("passed-listed", 2).passedAsked.no, 2);
  const approved = after("passed-approved");
  assert.equal(approved.passedAsked, null);
  assert.deepEqual(approved.passed, {
    no: 2, passed: codes.slice(0, 3), failed: [{ bidder: codes[3], reason: "业绩不符合要求" }], reconvene: time, reason: null,
    at: LOG[place(LOG, "passed-listed", 2)].at, approvedAt: approved.at,
  });
  assert.equal(targetOf(approved, "adjourned"), time);
  for (const w of Object.values(LANGUAGES)) {
    const said = [closed, asked, approved].map((state) => nowSentence(state, "adjourned", w));
    assert.equal(new Set(said).size, 3);
  }
});

test("with the reconvening everything of one envelope begins anew and what was is kept", () => {
  const before = after("passed-approved");
  const state = after("opening-reconvened");
  const fresh = initial();
  for (const key of ["signedIn", "bidders", "checks", "ceilingAt", "seals", "unsealing", "partials", "custodianRefusals", "prices", "documents", "readings",
    "readingDoneAt", "faults", "confirmed", "objections", "window", "record", "recordSignatures", "adjourned", "passedAsked", "passed", "measure"]) {
    assert.deepEqual(state[key], fresh[key], key);
  }
  assert.deepEqual([state.stage, state.frozen, state.freezeDone], [2, before.frozen, before.freezeDone]);
  const [left] = state.earlier;
  assert.deepEqual([left.stage, left.record, left.read, left.passed, left.failed], [1, before.record.sha256, 4, codes.slice(0, 3), before.passed.failed]);
  assert.deepEqual([left.adjournedAt, left.approvedAt, left.reconvenedAt], [before.adjourned, before.passed.approvedAt, state.at]);
  assert.deepEqual(left.bids[0], { bidder: before.bidders.list[0], verdict: "opened", total: null, fields: { duration: "365", manager: "合格", quality: "合格" } });
});

test("only who passed takes part in the next envelope; the others stay sealed and keep their name", () => {
  const state = after("opening-reconvened");
  assert.deepEqual(currentBids(state).map((bid) => bid.bidder.code), codes.slice(0, 3));
  assert.deepEqual(keptBids(state).map((bid) => bid.bidder.code), [codes[3]]);
  assert.deepEqual(tilesOf(state).map((tile) => tile.status), ["sealed", "sealed", "sealed"]);
  assert.deepEqual(keptBids(after("passed-approved")), []);
  const end = upto(LOG, LOG.length);
  assert.equal(nameOf(end, codes[3]), "示例投标人4");
  assert.deepEqual(tilesOf(end).map((tile) => tile.status), ["opened", "opened", "opened"]);
  assert.deepEqual([end.objections.length, end.objections[0].bidder, end.earlier.length], [1, codes[3], 1]);
});

test("a late joiner, a replay in pieces and a live spectator see the same", () => {
  const whole = upto(LOG, LOG.length);
  for (let cut = 0; cut <= LOG.length; cut += 1) assert.deepEqual(LOG.slice(cut).reduce(reduce, upto(LOG, cut)), whole);
  assert.equal(reduce(whole, LOG[place(LOG, "opening-reconvened")]), whole);
});

test("the strip shows the steps of the present envelope", () => {
  const first = upto(LOG, place(LOG, "bidders-published") + 1);
  assert.deepEqual(listedSteps(first), first.lot.envelopes[0].steps);
  assert.equal(nextStep(first), "check");
  const keys = (state) => stepsOf(state, phaseOf(state, null)).map((step) => `${step.key} ${step.status}`);
  assert.deepEqual(keys(after("passed-listed")), ["receive done", "freeze done", "list done", "check done", "seals done", "unseal done", "read done", "record done", "adjourn now"]);
  const resumed = after("opening-reconvened");
  assert.deepEqual(listedSteps(resumed), resumed.lot.steps);
  assert.deepEqual(keys(resumed), ["receive done", "freeze done", "list now", "seals next", "ceiling next", "unseal next", "read next", "record next", "close next"]);
  assert.equal(stepsOf(resumed, "ready")[2].at, resumed.at);
  assert.equal(nowSentence(resumed, "ready", LANGUAGES.zh), LANGUAGES.zh.adjourned.resumed(2));
  assert.equal(shortOf(resumed, "ready", LANGUAGES.en), LANGUAGES.en.adjourned.short(2));
  const end = upto(LOG, LOG.length);
  assert.deepEqual(keys(end).slice(-2), ["record done", "close done"]);
});

test("rows without a price: opened is the verdict, and there are no figures", () => {
  for (const state of [after("price-read", 2), upto(APPLICATIONS, place(APPLICATIONS, "price-read", 2) + 1)]) {
    assert.equal(isPriced(state), false);
    assert.equal(whatOf(state, LANGUAGES.zh), LANGUAGES.zh.what.sheet);
    assert.equal(readableOf(state), 4);
    const rows = rowsOf(state);
    assert.deepEqual(rows.map((row) => row.kind), ["read", "read", "waiting", "waiting"]);
    assert.deepEqual([rows[0].total, rows[0].capital, rows[0].below, rows[0].over], [null, null, null, false]);
    assert.equal(rows[0].fields.quality, "合格");
    assert.equal(figuresOf(state), null);
  }
  const priced = after("price-read", 5);
  assert.equal(isPriced(priced), true);
  assert.deepEqual([readableOf(priced), rowsOf(priced)[0].total.minor, figuresOf(priced).count], [3, 80012345, 1]);
});

test("a sheet that is absent, or of the wrong format, has nothing to be read", () => {
  const entry = structuredClone(LOG[place(LOG, "prices-published")]);
  Object.assign(entry.data.bids[1], { verdict: "not-opened", label: "E_X", fault: "bidder", fields: null });
  Object.assign(entry.data.bids[2], { verdict: "bad-format", label: "E_Y", fields: null });
  delete entry.data.bids[0].total; // a hall that leaves the key out
  const state = reduce(upto(LOG, entry.i), entry);
  assert.deepEqual(rowsOf(state).map((row) => row.kind), ["waiting", "waiting", "none", "none"]);
  assert.equal(readableOf(state), 2);
  assert.deepEqual(tilesOf(state).map((tile) => tile.status), ["opened", "failed", "opened", "opened"]);
});

test("an entry about envelopes that does not follow from the log is unread and changes nothing", () => {
  const listed = LOG[place(LOG, "passed-listed")].data;
  const record = after("record-generated");
  const closed = after("envelope-closed");
  const asked = after("passed-listed");
  const approved = after("passed-approved");
  const single = upto(APPLICATIONS, place(APPLICATIONS, "record-generated") + 1);
  const cases = [
    [initial(), "envelope-closed", { stage: 1 }],
    [initial(), "opening-reconvened", { stage: 2 }],
    [initial(), "passed-listed", listed],
    [initial(), "passed-approved", { no: 1, passed: [] }],
    [single, "envelope-closed", { stage: 1 }],
    [record, "envelope-closed", { stage: 2 }],
    [record, "envelope-closed", null],
    [record, "passed-listed", listed],
    [closed, "passed-listed", { ...listed, stage: 2 }],
    [closed, "passed-listed", { ...listed, reconvene_at: "soon" }],
    [closed, "passed-listed", { ...listed, failed: null }],
    [closed, "passed-listed", { ...listed, passed: undefined }],
    [closed, "passed-approved", { no: 1, passed: codes }],
    [closed, "opening-reconvened", { stage: 2 }],
    [asked, "passed-approved", { no: 2, passed: listed.passed }],
    [asked, "passed-approved", { no: 1, passed: codes }],
    [asked, "opening-reconvened", { stage: 2 }],
    [approved, "opening-reconvened", { stage: 3 }],
    [approved, "opening-reconvened", {}],
  ];
  for (const [state, kind, data] of cases) {
    const seen = next(state, kind, data);
    assert.deepEqual(seen.unread, [...state.unread, { i: state.next, kind }], `${kind} ${JSON.stringify(data)}`);
    for (const key of ["stage", "adjourned", "passedAsked", "passed", "earlier", "prices"]) assert.equal(seen[key], state[key], key);
    assert.equal(seen.events.at(-1).kind, "unknown");
  }
});

test("a lot whose envelopes have no fields is unread; a gap throws", () => {
  const entry = structuredClone(LOG[0]);
  delete entry.data.envelopes[0].fields;
  const state = reduce(initial(), entry);
  assert.deepEqual([state.lot, state.unread], [null, [{ i: 0, kind: "lot-published" }]]);
  const reconvened = LOG[place(LOG, "opening-reconvened")];
  assert.throws(() => reduce(upto(LOG, reconvened.i - 1), reconvened), /gap/);
});

test("fewer than three may go on for a reason, which is said; three envelopes come one after the other", () => {
  const log = structuredClone(LOG);
  log[0].data.envelopes.push({ ...log[0].data.envelopes[0], title: { zh: "技术文件", en: "technical documents" } });
  let state = upto(log, place(log, "passed-listed"));
  const list = { no: 1, stage: 1, passed: codes.slice(0, 2), failed: codes.slice(2).map((bidder) => ({ bidder, reason: "不合格" })), reconvene_at: state.at, reason: "仍有竞争" };
  state = next(state, "passed-listed", list);
  for (const w of Object.values(LANGUAGES)) assert.ok(describe(state.events.at(-1), state, w).includes("仍有竞争"));
  state = next(next(state, "passed-approved", { no: 1, passed: list.passed }), "opening-reconvened", { stage: 2 });
  assert.deepEqual([state.stage, isPriced(state), stepsOf(state, "ready").at(-1).key, keptBids(state).length], [2, false, "adjourn", 2]);
  assert.equal(state.earlier[0].reason, "仍有竞争");
  assert.deepEqual(state.unread, []);
});

test("the event list speaks of prices only where there are any", () => {
  const w = LANGUAGES.zh;
  const words = (state) => describe(state.events.at(-1), state, w);
  assert.equal(words(after("prices-published")), "全部唱标内容同时公布：4 份");
  assert.equal(words(after("prices-published", 2)), "全部报价同时公布：3 份");
  assert.equal(words(after("price-read")), "唱标第 1 家：示例投标人1");
  assert.equal(words(after("price-read", 5)), "唱标第 1 家：示例投标人1，¥800,123.45");
  // An entry of the first envelope keeps its words after the second has begun.
  const end = upto(LOG, LOG.length);
  assert.equal(describe(end.events.find((event) => event.kind === "prices-published"), end, w), "全部唱标内容同时公布：4 份");
});

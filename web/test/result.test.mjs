// The last session (复会): the result of the evaluation is told after the close and answered.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { phaseOf } from "../hall/phase.js";
import { initial, reduce } from "../hall/reduce.js";
import { describe } from "../hall/view-log.js";
import { LANGUAGES } from "../hall/words.js";

const LOG = readFileSync(new URL("../../fixtures/vectors/opening/log-result.jsonl", import.meta.url), "utf8")
  .trimEnd().split("\n").map((line, i) => ({ i, ...JSON.parse(line) }));
const place = (kind, nth = 1) => LOG.filter((entry) => entry.kind === kind)[nth - 1].i;
const upto = (count) => LOG.slice(0, count).reduce(reduce, initial());
const next = (state, kind, data) => reduce(state, { i: state.next, at: state.at + 1, by: "host:x", kind, data });

test("announcements stand in order with the answers to each; the phase stays closed", () => {
  const state = upto(LOG.length);
  assert.deepEqual(state.unread, []);
  assert.equal(phaseOf(state, null), "closed");
  assert.deepEqual(state.results.map(({ no, answers }) => [no, Object.keys(answers).length]), [[1, 3], [2, 2]]);
  const [first, last] = state.results;
  const data = LOG[place("result-announced")].data;
  assert.deepEqual([first.ranked, first.rejected, first.until], [data.ranked, data.rejected, data.until]);
  assert.equal(last.answers[data.rejected[0].bidder].objection, "否决理由不成立。");
  assert.deepEqual(upto(place("result-announced")).results, []);
});

test("the closed record, its signatures and the end are what they were", () => {
  const [before, after] = [upto(place("result-announced")), upto(LOG.length)];
  for (const key of ["record", "recordSignatures", "closedAt", "objections", "prices", "destroyed"]) assert.deepEqual(after[key], before[key], key);
});

test("each entry has words: who answered, and whether it objects", () => {
  const say = (state, lang) => describe(state.events.at(-1), state, LANGUAGES[lang]);
  const objects = upto(place("result-answered", 2) + 1);
  assert.match(say(objects, "zh"), /示例投标人1.*有异议/);
  assert.match(say(objects, "en"), /objects to result 1/);
  const fine = upto(place("result-answered") + 1);
  assert.match(say(fine, "zh"), /无异议/);
  assert.match(say(fine, "en"), /has no objection to result 1/);
  assert.match(say(upto(place("result-announced", 2) + 1), "zh"), /第 2 次.*2022-07-08/);
});

test("what does not follow from the log is not understood, and said so", () => {
  const told = LOG[place("result-announced")].data;
  const answered = LOG[place("result-answered")].data;
  const closed = upto(place("result-announced"));
  const announced = upto(place("result-announced") + 1);
  for (const [state, kind, data] of [
    [initial(), "result-announced", told],
    [upto(place("opening-closed")), "result-announced", told],
    [closed, "result-announced", { ...told, no: 2 }],
    [closed, "result-announced", { ...told, until: "soon" }],
    [closed, "result-announced", { ...told, ranked: undefined }],
    [closed, "result-announced", { ...told, rejected: null }],
    [closed, "result-answered", answered],
    [announced, "result-announced", told],
    [announced, "result-answered", { ...answered, no: 2 }],
    [announced, "result-answered", { ...answered, objection: undefined }],
  ]) {
    const after = next(state, kind, data);
    assert.deepEqual(after.unread, [{ i: state.next, kind }], JSON.stringify(data));
    assert.deepEqual(after.results, state.results);
  }
});

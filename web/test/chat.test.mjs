// Talk in the room (聊天): who says what, who is muted or removed; nothing else on the page changes.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { initial, reduce } from "../hall/reduce.js";
import { describe } from "../hall/view-log.js";
import { LANGUAGES } from "../hall/words.js";

const LOG = readFileSync(new URL("../../fixtures/vectors/opening/log-talk.jsonl", import.meta.url), "utf8")
  .trimEnd().split("\n").map((line, i) => ({ i, ...JSON.parse(line) }));
const place = (kind, nth = 1) => LOG.filter((entry) => entry.kind === kind)[nth - 1].i;
const upto = (count) => LOG.slice(0, count).reduce(reduce, initial());
const say = (kind, nth, lang) => {
  const state = upto(place(kind, nth) + 1);
  return describe(state.events.at(-1), state, LANGUAGES[lang]);
};

test("each message has its author, and a private one no text", () => {
  assert.equal(say("chat-said", 1, "zh"), "主持人：各位好。\n请遵守开标纪律。");
  assert.equal(say("chat-said", 3, "en"), "Supervisor: 暂停期间请稍候");
  assert.equal(say("chat-said", 4, "zh"), "示例投标人1：请看我方的异议");
  assert.match(say("chat-private", 1, "zh"), /向主持人和监督人发送私密消息$/);
  assert.doesNotMatch(say("chat-private", 1, "en"), /[0-9a-f]{64}/);
});

test("who is muted and removed is said with the reason", () => {
  assert.match(say("chat-muted", 1, "zh"), /^全体投标人被禁言：与开标无关/);
  assert.match(say("chat-unmuted", 1, "en"), /^A bidder unmuted: /, "before the list nobody has a name");
  assert.match(say("chat-unmuted", 2, "en"), /^All bidders unmuted: /);
  assert.match(say("chat-removed", 1, "zh"), /^示例投标人3被移出聊天：多次扰乱秩序/);
  assert.match(say("chat-readmitted", 1, "zh"), /^示例投标人3恢复参加聊天/);
});

test("talk changes nothing but the list of entries", () => {
  for (const { i } of LOG.filter((entry) => entry.kind.startsWith("chat-"))) {
    const [before, after] = [upto(i), upto(i + 1)];
    for (const key of Object.keys(before).filter((key) => !["events", "next", "at", "hash"].includes(key))) {
      assert.deepEqual(after[key], before[key], key);
    }
  }
});

test("an entry of another form is not understood, and said so", () => {
  const state = upto(place("chat-said"));
  for (const [kind, data] of [
    ["chat-said", {}], ["chat-said", { text: 1 }], ["chat-private", { text: "a" }],
    ["chat-muted", { reason: "a" }], ["chat-unmuted", { bidder: 1, reason: "a" }],
    ["chat-removed", { bidder: null, reason: "a" }], ["chat-readmitted", {}],
  ]) {
    const next = reduce(state, { i: state.next, at: state.at, by: "host:x", kind, data });
    assert.notDeepEqual(next.unread, [], kind);
  }
});

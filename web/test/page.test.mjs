// The clock, the words, and rules that hold for every file of the page.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { rowsOf } from "../hall/phase.js";
import { initial, reduce } from "../hall/reduce.js";
import { clock, date, dateTime, HallClock, left } from "../hall/time.js";
import { describe, readCheckpoint } from "../hall/view-log.js";
import { firstLanguage, LANGUAGES } from "../hall/words.js";

const HALL = new URL("../hall/", import.meta.url);
const files = readdirSync(HALL);
const text = (name) => readFileSync(new URL(name, HALL), "utf8");

test("Beijing time, whatever the zone of this machine", () => {
  assert.equal(dateTime(1_656_982_800_000), "2022-07-05 09:00:00");
  assert.equal(date(Date.UTC(2026, 11, 31, 16)), "2027-01-01");
  assert.equal(clock(0), "08:00:00");
});

test("the countdown reaches zero at the deadline, not before", () => {
  assert.equal(left(1).text, "00:01");
  assert.equal(left(0).text, "00:00");
  assert.equal(left(-5).text, "00:00");
  assert.equal(left(3_792_000).text, "01:03:12");
  assert.deepEqual([left(90_000_000).days, left(90_000_000).text], [1, "01:00:00"]);
});

test("the clock takes the sample with the least error and says how far it can be trusted", () => {
  const hall = new HallClock();
  assert.equal(hall.at(0), null);
  assert.equal(hall.state(0), "none");
  hall.stamp(10_000, 100); // sent before 100: the offset is at least 9,900
  hall.stamp(20_050, 10_100);
  assert.equal(hall.at(0), 9_950);
  hall.ping(30_000, 20_000, 20_040);
  assert.equal(hall.at(20_020), 30_000);
  assert.equal(hall.state(20_040), "synced");
  assert.equal(hall.state(20_040 + 90_001), "none");
  const slow = new HallClock();
  slow.ping(5_000, 0, 3_000);
  assert.equal(slow.state(3_000), "slow");
  slow.ping(NaN, 0, 1);
  assert.equal(slow.at(1_500), 5_000);
});

test("both languages have the same words of the same form", () => {
  const compare = (a, b, path) => {
    assert.equal(typeof a, typeof b, path);
    if (typeof a === "function") assert.equal(a.length, b.length, path);
    if (typeof a === "string" && !path.endsWith(".lang")) assert.ok(a.length > 0 && b.length > 0, path);
    if (typeof a === "object") {
      assert.deepEqual(Object.keys(a).sort(), Object.keys(b).sort(), path);
      for (const key of Object.keys(a)) compare(a[key], b[key], `${path}.${key}`);
    }
  };
  compare(LANGUAGES.zh, LANGUAGES.en, "words");
});

test("every entry of the samples has words in both languages", () => {
  for (const name of ["log", "failed", "degraded", "postponed", "drawn", "ended", "envelopes"]) {
    let state = initial();
    for (const line of readFileSync(new URL(`sample-${name}.jsonl`, import.meta.url), "utf8").trimEnd().split("\n")) {
      state = reduce(state, JSON.parse(line));
      assert.deepEqual(state.unread, []);
      for (const w of Object.values(LANGUAGES)) {
        const words = describe(state.events[state.events.length - 1], state, w);
        assert.ok(words.length > 2 && !/undefined|null|NaN|\[object/.test(words), words);
      }
    }
  }
});

test("every entry of the procedure's own logs has words in both languages", () => {
  for (const name of ["works", "attended", "rates", "consortium", "envelopes", "applications", "result", "talk"]) {
    let state = initial();
    const log = readFileSync(new URL(`../../fixtures/vectors/opening/log-${name}.jsonl`, import.meta.url), "utf8").trimEnd().split("\n");
    for (const [i, line] of log.entries()) {
      state = reduce(state, { i, ...JSON.parse(line) });
      assert.deepEqual(state.unread, []);
      for (const w of Object.values(LANGUAGES)) {
        const words = describe(state.events[state.events.length - 1], state, w);
        assert.ok(words.length > 2 && !/undefined|null|NaN|\[object/.test(words), words);
      }
    }
  }
});

test("the language: address, then the last choice, then Chinese", () => {
  const storage = (value) => ({ getItem: () => value });
  assert.equal(firstLanguage({ search: "?lang=en" }, storage("zh")), "en");
  assert.equal(firstLanguage({ search: "?lang=constructor" }, storage("en")), "en");
  assert.equal(firstLanguage({ search: "" }, storage("xx")), "zh");
  assert.equal(firstLanguage({ search: "" }, null), "zh");
});

test("a checkpoint is read, anything else is not", () => {
  const root = Buffer.alloc(32, 7).toString("base64");
  assert.deepEqual(readCheckpoint(`kaibiao.example/lot/T/1\n43\n${root}\n\n— sig\n`), { size: 43, root: "07".repeat(32) });
  for (const bad of ["", "o\n", `o\n-1\n${root}\n`, `o\n043\n${root}\n`, "o\n1\nAAAA\n", "<html>\n<body>\n</body>"]) assert.equal(readCheckpoint(bad), null, bad);
});

test("the pages keep the strict policy: no inline script, style or handler; assets by absolute path", () => {
  for (const name of files.filter((file) => file.endsWith(".html"))) {
    const html = text(name);
    assert.doesNotMatch(html, /\sstyle=|\son[a-z]+=|<style|javascript:/i, name);
    assert.doesNotMatch(html, /<script(?![^>]*\ssrc="\/assets\/)[^>]*>/i, name);
    for (const [, path] of html.matchAll(/(?:src|href)="([^"#]+)"/g)) {
      assert.match(path, /^\/assets\//, `${name}: ${path}`);
      assert.ok(files.includes(path.slice(8)), `${name}: ${path} is missing`);
    }
    assert.equal(html.includes('lang="zh-CN"'), true, name);
  }
  for (const name of files.filter((file) => file.endsWith(".js"))) {
    assert.doesNotMatch(text(name), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|setAttribute\("style"|https?:\/\/(?!www\.w3\.org\/2000\/svg)/, name);
    assert.doesNotMatch(text(name), /\(\?<[=!]/, `${name}: look-behind is missing in Safari 15.4`);
    for (const [, path] of text(name).matchAll(/from "([^"]+)"/g)) assert.ok(files.includes(path.slice(2)), `${name}: ${path}`);
  }
  assert.doesNotMatch(text("hall.css"), /@import|url\(/);
});

test("every icon, word and class that is asked for exists", () => {
  const icons = new Set([...text("dom.js").matchAll(/^ {2}([a-z]+): \[/gm)].map((found) => found[1]));
  for (const name of files.filter((file) => file.endsWith(".js"))) {
    for (const [, icon] of text(name).matchAll(/\bicon\("([a-z]+)"\)/g)) assert.ok(icons.has(icon), `${name}: icon ${icon}`);
    for (const [, path] of text(name).matchAll(/\bw\.((?:[a-zA-Z]+\.)*[a-zA-Z]+)/g)) {
      let at = LANGUAGES.zh;
      for (const key of path.split(".")) {
        if (typeof at !== "object") break; // a method of a text
        assert.ok(Object.hasOwn(at, key), `${name}: w.${path}`);
        at = at[key];
      }
    }
  }
});

test("a decided fault has words, and the row says what follows", () => {
  let state = initial();
  const lines = readFileSync(new URL("sample-log.jsonl", import.meta.url), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
  for (const entry of lines.slice(0, lines.findIndex((line) => line.kind === "reading-finished"))) state = reduce(state, entry);
  const { bidder } = state.prices.bids.find((bid) => bid.verdict === "not-opened");
  const decide = (fault) => reduce(state, { i: state.next, at: state.at, by: "host:x", kind: "fault-decided", data: { bidder: bidder.code, part: "price", fault, text: "核对日志" } });
  for (const [fault, w] of [["bidder", LANGUAGES.zh], ["not-bidder", LANGUAGES.en], ["undetermined", LANGUAGES.zh]]) {
    const decided = decide(fault);
    assert.deepEqual(decided.unread, []);
    assert.equal(rowsOf(decided).at(-1).decided, fault);
    const words = describe(decided.events.at(-1), decided, w);
    assert.ok(words.includes(w.table.decided[fault]) && words.includes("核对日志"), words);
  }
  assert.equal(rowsOf(state).at(-1).decided, null);
});

test("the window for objections opens with the end of the reading, is extended, and stands while held", () => {
  let state = initial();
  const lines = readFileSync(new URL("sample-log.jsonl", import.meta.url), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
  lines[0].data.objection_ms = 600_000;
  for (const entry of lines.slice(0, lines.findIndex((line) => line.kind === "reading-finished") + 1)) state = reduce(state, entry);
  const step = (after, kind, data) => { state = reduce(state, { i: state.next, at: state.at + after, by: "host:x", kind, data }); };
  const { from } = state.window;
  assert.deepEqual([from, state.window.until], [state.readingDoneAt, from + 600_000]);
  step(1_000, "opening-paused", { reason: "network", text: "x" });
  step(60_000, "opening-resumed", {});
  assert.equal(state.window.until, from + 660_000);
  step(0, "objections-extended", { by_ms: 1_000, until: from + 661_000 });
  assert.equal(state.window.until, from + 661_000);
  for (const w of Object.values(LANGUAGES)) assert.ok(describe(state.events.at(-1), state, w).includes(dateTime(from + 661_000)));
  assert.deepEqual(state.unread, []);
});

test("a corrected record is another version, signed anew", () => {
  let state = initial();
  const lines = readFileSync(new URL("sample-log.jsonl", import.meta.url), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
  for (const entry of lines.slice(0, lines.findIndex((line) => line.kind === "record-signed") + 1)) state = reduce(state, entry);
  assert.equal(state.recordSignatures.length, 1);
  const data = { no: 2, reason: "补记签到", previous: state.record.sha256, sha256: "ab".repeat(32) };
  state = reduce(state, { i: state.next, at: state.at + 1, by: "hall", kind: "record-corrected", data });
  assert.deepEqual([state.record.no, state.record.sha256, state.recordSignatures], [2, data.sha256, []]);
  for (const w of Object.values(LANGUAGES)) assert.ok(describe(state.events.at(-1), state, w).includes("补记签到"));
});

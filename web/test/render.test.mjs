// The views over a document of the least kind: every state of every log is shown in both languages and
// both widths, and no text betrays a missing value.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { phaseOf } from "../hall/phase.js";
import { initial, reduce } from "../hall/reduce.js";
import { LANGUAGES } from "../hall/words.js";

class Node {
  constructor(name) {
    Object.assign(this, { name, children: [], attributes: {}, style: {}, classList: { toggle() {} } });
  }

  append(...children) {
    this.children.push(...children);
  }

  replaceChildren(...children) {
    this.children = children;
  }

  setAttribute(name, value) {
    this.attributes[name] = String(value);
  }

  set textContent(text) {
    this.children = [String(text)];
  }

  get textContent() {
    return this.children.map((child) => child instanceof Node ? child.textContent : String(child)).join(" ");
  }

  addEventListener() {}

  contains() {
    return false;
  }

  cloneNode() {
    return this;
  }

  querySelectorAll() {
    return [];
  }

  *all() {
    yield this;
    for (const child of this.children) if (child instanceof Node) yield* child.all();
  }
}

const parts = ["now", "project", "steps", "stage", "after", "table", "bids", "chart", "log", "foot", "tabs"];
globalThis.document = {
  activeElement: null, createElement: (name) => new Node(name), createElementNS: (_, name) => new Node(name), getElementById: () => null,
};

const { Bids } = await import("../hall/view-bids.js");
const { Chart } = await import("../hall/view-chart.js");
const { Head } = await import("../hall/view-head.js");
const { Foot, Log, Tabs } = await import("../hall/view-log.js");
const { Stage } = await import("../hall/view-stage.js");
const { Schedule } = await import("../hall/view-table.js");

const lines = (path) => readFileSync(new URL(path, import.meta.url), "utf8").trimEnd().split("\n").map((line, i) => ({ i, ...JSON.parse(line) }));
const vector = (name) => lines(`../../fixtures/vectors/opening/log-${name}.jsonl`);
const upto = (log, kind, nth = 1) => log.slice(0, log.filter((entry) => entry.kind === kind)[nth - 1].i + 1).reduce(reduce, initial());

function page(lang = "zh", phone = false) {
  const at = Object.fromEntries(parts.map((id) => [id, new Node(id)]));
  const views = [new Head(at.now, at.project, at.steps), new Stage(at.stage, at.after), new Schedule(at.table), new Bids(at.bids), new Chart(at.chart),
    new Log(at.log), new Foot(at.foot), new Tabs(at.tabs, () => {})];
  const show = (state) => {
    const now = state.at;
    const ctx = { state, phase: phaseOf(state, now), now, lang, phone, w: LANGUAGES[lang], lotKey: "T/1", api: "/api", file: "f", checkpoint: null, tab: "main" };
    for (const view of views) view.update(ctx);
    for (const view of views) view.tick?.(ctx);
    return at;
  };
  return { at, show };
}

function wrong(node) {
  const bad = /undefined|NaN|null|\[object/;
  const texts = [...node.all()].flatMap((one) => Object.values(one.attributes)).concat(node.textContent);
  return texts.find((text) => bad.test(text)) ?? null;
}

test("no state of any log shows a missing value, in either language or width", () => {
  const logs = [...["envelopes", "applications", "works", "rates", "drawn", "consortium", "result"].map(vector),
    ...["log", "envelopes", "failed", "degraded", "ended"].map((name) => lines(`sample-${name}.jsonl`))];
  for (const log of logs) {
    for (const lang of Object.keys(LANGUAGES)) {
      for (const phone of [false, true]) {
        const { show } = page(lang, phone);
        let state = initial();
        for (const entry of log) {
          state = reduce(state, entry);
          for (const node of Object.values(show(state))) assert.equal(wrong(node), null, `entry ${entry.i} (${entry.kind}) ${node.name}`);
        }
      }
    }
  }
});

test("a withdrawn bid is counted once, its withdrawal is no bid", () => {
  const log = lines("sample-log.jsonl");
  const set = log.find((entry) => entry.kind === "set-frozen");
  const gone = set.data.bids.find((bid) => bid.status === "withdrawn");
  set.data.bids.push({ ...gone, seq: 2, manifest_sha256: gone.by, objects: [] });
  const shown = (lang) => page(lang).show(upto(log, "set-frozen")).bids.textContent;
  assert.ok(shown("zh").includes("1 份已撤回，均不解密"));
  assert.ok(shown("en").includes("1 withdrawn; none of these is unsealed"));
  const before = log.slice(0, set.i).reduce(reduce, initial());
  for (const node of Object.values(page().show(before))) assert.ok(!node.textContent.includes("撤回"), node.name);
});

test("a page that saw every entry and one that came late show the same", () => {
  const log = lines("sample-envelopes.jsonl");
  const live = page();
  let state = initial();
  for (const entry of log) {
    state = reduce(state, entry);
    live.show(state);
    if (entry.i % 10 !== 8 && entry.i + 1 !== log.length) continue;
    const late = page().show(log.slice(0, entry.i + 1).reduce(reduce, initial()));
    for (const id of parts) assert.equal(live.at[id].textContent, late[id].textContent, `${id} after entry ${entry.i}`);
  }
});

test("the sign near the title says which envelope it is", () => {
  const log = vector("envelopes");
  const sign = (state, lang) => page(lang).show(state).project.textContent;
  assert.match(sign(upto(log, "price-read")), /第一信封 \/ 共二个信封 · 商务及技术文件/);
  assert.match(sign(upto(log, "price-read"), "en"), /Envelope 1 of 2 · business and technical documents/);
  assert.match(sign(upto(log, "opening-reconvened")), /第二信封 \/ 共二个信封 · 投标报价/);
  assert.doesNotMatch(sign(upto(vector("works"), "price-read")), /信封/);
});

test("while adjourned the page says what is waited for; names of who passed come with the approval", () => {
  const log = vector("envelopes");
  const card = (kind) => page().show(upto(log, kind)).stage.textContent;
  assert.match(card("envelope-closed"), /评审中/);
  assert.doesNotMatch(card("envelope-closed"), /距复会/);
  assert.match(card("passed-listed"), /距复会.*待监督人同意|待监督人同意.*距复会/s);
  assert.doesNotMatch(card("passed-listed"), /示例投标人/);
  const approved = card("passed-approved");
  for (const text of ["示例投标人1", "示例投标人4", "业绩不符合要求", "永不拆封", "2022-07-05 19:00:00"]) assert.ok(approved.includes(text), text);
});

test("after the reconvening the earlier envelope keeps a panel, and sealed tiles say so", () => {
  const log = vector("envelopes");
  const state = upto(log, "opening-reconvened");
  const { after, bids } = page().show(state);
  for (const text of ["第一信封", "示例投标人3", "未通过：业绩不符合要求", "工期 365 日历天"]) assert.ok(after.textContent.includes(text), text);
  assert.ok([...after.all()].some((node) => node.attributes.title === state.earlier[0].record));
  assert.match(bids.textContent, /永不拆封/);
  assert.equal([...bids.all()].filter((node) => /^tile shut/.test(node.attributes.class ?? "")).length, 1);
  // Who did not pass may object before the next envelope is opened; it is shown at once.
  assert.match(page().show(upto(log, "objection-raised")).after.textContent, /我方业绩符合要求/);
});

test("a sheet without a price shows its fields, and no chart", () => {
  for (const log of [vector("envelopes"), vector("applications")]) {
    const state = upto(log, "price-read", 2);
    const { table, stage, chart } = page().show(state);
    assert.doesNotMatch(table.textContent + stage.textContent, /¥|报价|限价/);
    assert.match(table.textContent, /工期\/日历天/);
    assert.match(stage.textContent, /365/);
    assert.equal(chart.children.length, 0);
    assert.match(page("zh", true).show(state).chart.textContent, /没有图表/);
  }
  const second = page().show(upto(vector("envelopes"), "price-read", 5));
  assert.match(second.table.textContent, /800,123\.45/);
  assert.ok([...second.chart.all()].some((node) => node.name === "svg"));
});

test("a prequalification says that nobody names a price", () => {
  const show = (lang) => page(lang).show(upto(vector("applications"), "lot-published"));
  assert.match(show("zh").project.textContent, /资格预审/);
  assert.doesNotMatch(show("en").bids.textContent, /Ceiling/);
});

test("the result of the evaluation stands below the closed opening, with every answer", () => {
  const log = vector("result");
  const { stage, after } = page().show(log.reduce(reduce, initial()));
  assert.match(stage.textContent, /开标结束/);
  for (const text of ["评标结果", "已答复 2/4", "第 2 次公布", "第 3 名", "报价高于最高投标限价", "否决理由不成立。", "未答复", "无异议"]) assert.ok(after.textContent.includes(text), text);
  assert.doesNotMatch(after.textContent, /请说明排序依据/); // said to the announcement before
  assert.doesNotMatch(page().show(upto(log, "opening-closed")).after.textContent, /评标结果/);
  assert.match(page("en").show(upto(log, "result-announced")).after.textContent, /0 of 4 answered/);
});

// Writes the sample logs of web/test. They have the form of real opening logs and fictional
// content; digests are of made-up texts and the CMS fields hold no signature, so they serve the page's
// tests and pictures only and would fail every check of the verifier.
//
//   node web/preview/make-sample.mjs

import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { capital, digits } from "../hall/money.js";

const sha = (text) => createHash("sha256").update(text).digest("hex");
const b64 = (text) => Buffer.from(text).toString("base64");

const ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";

// 17 characters and their check character (GB 32100).
function code(body) {
  let weight = 1;
  let sum = 0;
  for (const letter of body) {
    sum += ALPHABET.indexOf(letter) * weight;
    weight = (weight * 3) % 31;
  }
  return body + ALPHABET[(31 - (sum % 31)) % 31];
}

const party = (number, name) => ({ code: code(`91430200MA4SAM${String(number).padStart(3, "0")}`), name: `${name}（虚构）` });

const HOST = party(901, "正信工程咨询有限公司");
const SUPERVISOR = party(902, "江州市公共资源交易监督站");
const TENDEREE = party(903, "江州市排水有限公司");

// [name, yuan in fen, manager, days]; the eleventh is above the ceiling.
const BIDS = [
  ["江州建工集团有限公司", 13128645000, "周明远", 420],
  ["华东市政工程有限公司", 12868000000, "沈佳宁", 410],
  ["中岳水务建设股份有限公司", 12997531866, "梁栋", 425],
  ["北辰路桥集团第三工程有限公司", 13340277700, "高志强", 430],
  ["南屏建设发展有限公司", 12735890050, "许文静", 400],
  ["恒远环境工程（集团）有限公司", 13011826400, "马骏", 415],
  ["楚泽市政建设有限公司", 12599003128, "罗薇", 418],
  ["金川第二建筑工程有限公司", 13204560000, "宋立群", 420],
  ["瑞禾水利水电建设有限公司", 12941077500, "方睿", 422],
  ["天合建设集团股份有限公司", 13099990000, "唐晓峰", 420],
  ["西岭生态环境建设有限公司", 13752000000, "蒋楠", 419],
  ["广陵城建工程有限公司", null, "贺铭", 420],
].map(([name, total, manager, days], index) => ({ party: party(index + 1, name), total, manager, days }));

const DEADLINE = Date.UTC(2026, 10, 21, 6, 0, 0);
const CEILING = { minor: 13650000000, currency: "CNY" };
const money = (minor) => ({ minor, currency: "CNY" });

class Log {
  entries = [];

  add(at, by, kind, data, signed = false) {
    const entry = { i: this.entries.length, at: DEADLINE + at, by, kind, data };
    if (signed) entry.cmd = { body: b64(JSON.stringify({ v: 1, kind, sample: true })), cms: b64("sample, not a signature") };
    this.entries.push(entry);
  }

  write(name) {
    writeFileSync(new URL(`../test/${name}`, import.meta.url), this.entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
  }
}

const host = `host:${HOST.code}`;
const supervisor = `supervisor:${SUPERVISOR.code}`;
const of = (bid) => `bidder:${bid.party.code}`;
const manifest = (bid, seq = 1) => sha(`manifest ${bid.party.code} ${seq}`);

function intake(log, ticks = 20, closed = true, more = {}) {
  log.add(-45 * 60_000, host, "lot-published", {
    tender_sha256: sha("tender"), tender_cms_sha256: sha("tender cms"), ceremony_id: sha("ceremony id"), ceremony_sha256: sha("ceremony"),
    deadline: DEADLINE, min_bidders: 3, template: "works", threshold: { n: 3, k: 2 }, stage_count: 1,
    grace_ms: 10_000, notice_ms: 600_000, freeze_wait_ms: 5_000, host: HOST, supervisor: SUPERVISOR, tenderee: TENDEREE,
    title: { zh: "江州市城东污水处理厂二期扩建工程施工总承包", en: "Chengdong sewage works, phase two, general contract" },
    lot_title: { zh: "一标段", en: "lot 1" }, ceiling: CEILING, currency: "CNY",
    fields: [
      { key: "price", zh: "投标总价", en: "Total price", type: "money", unit: { zh: "元", en: "CNY" } },
      { key: "days", zh: "工期", en: "Duration", type: "integer", unit: { zh: "天", en: "days" } },
      { key: "quality", zh: "质量", en: "Quality", type: "text", unit: null },
      { key: "manager", zh: "项目经理", en: "Project manager", type: "text", unit: null },
    ],
    custody: "self", time: "self", fictional: true, source: null, ...more,
  }, true);
  for (let no = 0; no < ticks; no += 1) log.add(-44 * 60_000 + no * 132_000, "hall", "tick", { no, root: sha(`tick ${no}`) });
  if (closed) log.add(900, "hall", "intake-closed", { tick: 19, size: log.entries.length, root: sha("closing root"), cosignatures: [1, 2, 3].map((index) => `— custodian-${index} ${b64(`sample ${index}`)}`) });
}

const objects = (stages) => stages.flatMap((stage) => ["price", "documents"].map((part) => ({ stage, part })));

function frozen(log, bids, extra = true, stages = [1]) {
  const one = (bid, seq, status, by, at) => ({
    bidder: bid.party, seq, manifest_sha256: manifest(bid, seq), cms_sha256: sha(`cms ${bid.party.code} ${seq}`), completed_at: DEADLINE - at,
    place: { tick: 3 + seq, no: bids.indexOf(bid) * 71 + seq, salt: sha(`salt ${bid.party.code} ${seq}`) }, status, by,
    objects: objects(stages).map(({ stage, part }) => ({ stage, part, header_sha256: sha(`header ${part} ${bid.party.code}`), file_len: part === "price" ? 66_560 : 4_194_304, ct_root: sha(`root ${part} ${bid.party.code} ${seq}`) })),
  });
  const list = bids.map((bid, index) => one(bid, extra && index === 4 ? 2 : 1, "current", null, (bids.length - index) * 97_000));
  if (extra) {
    list.unshift(one(bids[4], 1, "superseded", manifest(bids[4], 2), 2_000_000));
    const gone = { party: party(13, "临江园林绿化有限公司") };
    list.splice(3, 0, one(gone, 1, "withdrawn", sha("withdrawal"), 1_500_000));
  }
  log.add(1_400, "hall", "set-frozen", { freeze_id: sha("freeze id"), round: 0, size: log.entries.length, root: sha("closing root"), bidders: bids.length, bids: list });
}

const freezeSigned = (log, index, at) => log.add(at, `custodian:${index}`, "freeze-signed", { custodian: index, freeze_id: sha("freeze id"), cms: b64("sample, not a signature") });

const journal = (log, index, moment, at) => log.add(at, `custodian:${index}`, "journal-signed", { custodian: index, moment, length: moment === "close" ? 4_096 : 1_024, sha256: sha(`journal ${index} ${moment}`), cms: b64("sample, not a signature") });

const destroyed = (log, index, at) => log.add(at, `custodian:${index}`, "key-destroyed", { custodian: index, cms: b64("sample, not a signature") });

function partials(log, index, part, at, stage = 1, bids = BIDS) {
  const list = part === "price" ? bids.map((bid, n) => ({ manifest_sha256: manifest(bid, n === 4 ? 2 : 1), d: `02${sha(`d ${index} ${n}`)}`, c: sha(`c ${index} ${n}`), z: sha(`z ${index} ${n}`) })) : null;
  log.add(at, `custodian:${index}`, "partials-received", { custodian: index, stage, part, freeze_id: sha("freeze id"), sha256: sha(`partials ${part} ${index}`), partials: list });
}

const DIGIT = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
const days = (n) => `${DIGIT[Math.floor(n / 100)]}百${n % 100 === 0 ? "" : n % 100 < 10 ? `零${DIGIT[n % 10]}` : `${DIGIT[Math.floor(n / 10) % 10]}十${n % 10 ? DIGIT[n % 10] : ""}`}`;

function opening(log, drawing = () => {}) {
  let at = 4_200;
  log.add(at, "hall", "freeze-completed", { signers: [1, 2, 3], degraded: false });
  for (const index of [1, 2, 3]) journal(log, index, "freeze", at += 100);
  for (const index of [0, 3, 7, 1]) log.add(at += 4_100, of(BIDS[index]), "signed-in", { bidder: BIDS[index].party }, true);
  log.add(at = 61_000, host, "bidders-published", { bidders: BIDS.map((bid) => bid.party) }, true);
  log.add(at += 9_000, "hall", "refused", {
    actor: host, command: "start-unsealing", label: "E_SEALS_NOT_CHECKED", zh: "密封性检查尚未完成，不能解密", en: "the seals have not been checked; nothing can be unsealed", article: "招标投标法第三十六条",
  });
  log.add(at = 95_000, "hall", "seals-checked", { results: BIDS.flatMap((bid) => ["price", "documents"].map((part) => ({ bidder: bid.party.code, part, sealed: true, label: null }))) });
  log.add(at = 121_000, host, "unsealing-started", { stage: 1, part: "price" }, true);
  partials(log, 1, "price", at += 1_300);
  partials(log, 3, "price", at += 900);
  log.add(at += 700, "hall", "prices-published", {
    bids: BIDS.map((bid, n) => {
      const sheet = JSON.stringify({ v: 1, kind: "price-sheet", bidder: bid.party.code, total: bid.total && money(bid.total) });
      const opened = bid.total !== null;
      return {
        bidder: bid.party, manifest_sha256: manifest(bid, n === 4 ? 2 : 1), verdict: opened ? "opened" : "not-opened", label: opened ? null : "E_COMMITMENT_MISMATCH", fault: opened ? null : "bidder",
        sheet_sha256: opened ? sha(sheet) : null, sheet_b64: opened ? b64(sheet) : null, total: opened ? money(bid.total) : null,
        fields: opened ? { days: String(bid.days), quality: "合格", manager: bid.manager } : null, over_ceiling: opened && bid.total > CEILING.minor,
      };
    }),
  });
  BIDS.filter((bid) => bid.total !== null).forEach((bid, index) => {
    log.add(at = 140_000 + index * 12_000, host, "price-read", {
      position: index + 1, bidder: bid.party, total: money(bid.total), capital: capital(money(bid.total)),
      zh: `投标人，${bid.party.name}。投标总价，人民币${capital(money(bid.total))}。工期，${days(bid.days)}天。质量，合格。项目经理，${bid.manager}。`,
      en: `Bidder: ${bid.party.name}. Total price: CNY ${digits(bid.total)}. Duration: ${bid.days} days. Project manager: ${bid.manager}.`,
      duration_ms: 11_000,
    }, true);
    if (index === 5) log.add(at += 2_000, host, "unsealing-started", { stage: 1, part: "documents" }, true);
    if (index === 6) {
      partials(log, 1, "documents", at += 3_000);
      partials(log, 2, "documents", at += 1_000);
    }
  });
  log.add(at += 12_000, "hall", "reading-finished", {});
  log.add(at += 3_000, "hall", "documents-opened", {
    bids: BIDS.map((bid, n) => ({ bidder: bid.party.code, manifest_sha256: manifest(bid, n === 4 ? 2 : 1), verdict: bid.total ? "opened" : "not-opened", label: bid.total ? null : "E_COMMITMENT_MISMATCH", fault: bid.total ? null : "bidder", plain_sha256: bid.total ? sha(`plain ${n}`) : null, plain_len: bid.total ? 4_100_000 : null })),
  });
  const confirming = BIDS.filter((bid) => bid.total !== null);
  for (const bid of confirming.slice(0, 7)) log.add(at += 1_700, of(bid), "price-confirmed", { bidder: bid.party.code }, true);
  log.add(at += 6_000, of(BIDS[10]), "objection-raised", { no: 1, bidder: BIDS[10].party.code, text: "我方报价含暂列金额，请说明限价是否同口径。" }, true);
  log.add(at += 5_000, "hall", "refused", {
    actor: host, command: "close", label: "E_OBJECTION_UNANSWERED", zh: "异议 1 尚未答复，不能结束开标", en: "objection 1 has not been answered; the opening cannot close", article: "招标投标法实施条例第四十四条",
  });
  log.add(at += 14_000, host, "objection-answered", { no: 1, text: "最高投标限价含暂列金额，口径一致，见招标文件第二章前附表。是否否决由评标委员会依法认定。" }, true);
  for (const bid of confirming.slice(7, 10)) log.add(at += 1_900, of(bid), "price-confirmed", { bidder: bid.party.code }, true);
  at = drawing(log, at) ?? at;
  log.add(at += 8_000, "hall", "record-generated", { sha256: sha("record") });
  const sign = (by, signer, role) => log.add(at += 4_000, by, "record-signed", { party: signer, role, record_sha256: sha("record"), cms: b64("sample, not a signature") }, true);
  sign(host, HOST, "host");
  sign(supervisor, SUPERVISOR, "supervisor");
  for (const bid of confirming.slice(0, 3)) sign(of(bid), bid.party, "bidder");
  log.add(at += 6_000, host, "opening-closed", {}, true);
  for (const index of [1, 2, 3]) {
    journal(log, index, "close", at += 200);
    destroyed(log, index, at += 100);
  }
}

const whole = new Log();
intake(whole);
frozen(whole, BIDS);
for (const index of [1, 2, 3]) freezeSigned(whole, index, 1_900 + index * 400);
opening(whole);
whole.write("sample-log.jsonl");

const failed = new Log();
intake(failed);
frozen(failed, BIDS.slice(0, 2), false);
for (const index of [1, 2, 3]) freezeSigned(failed, index, 1_900 + index * 400);
failed.add(3_400, "hall", "freeze-completed", { signers: [1, 2, 3], degraded: false });
failed.add(3_500, "hall", "too-few-bidders", { bidders: 2, min: 3 });
for (const index of [1, 2]) destroyed(failed, index, 3_700 + index * 200);
failed.write("sample-failed.jsonl");

const degraded = new Log();
intake(degraded);
frozen(degraded, BIDS);
for (const index of [1, 3]) freezeSigned(degraded, index, 1_900 + index * 400);
degraded.add(6_500, "hall", "freeze-degraded", { absent: [2], notice_until: DEADLINE + 606_500 });
degraded.add(24_000, supervisor, "degraded-approved", {}, true);
degraded.add(610_000, host, "degraded-approved", {}, true);
degraded.add(610_100, "hall", "freeze-completed", { signers: [1, 3], degraded: true });
degraded.write("sample-degraded.jsonl");

const postponed = new Log();
intake(postponed, 12, false);
postponed.add(-17 * 60_000, host, "postponement-asked", { no: 1, deadline: DEADLINE + 2 * 3_600_000, reason: "投标文件接收地点所在园区停电，供电部门预计 14:40 恢复" }, true);
postponed.add(-16 * 60_000, supervisor, "deadline-postponed", { no: 1, from: DEADLINE, deadline: DEADLINE + 2 * 3_600_000 }, true);
for (let no = 12; no < 16; no += 1) postponed.add(-16 * 60_000 + (no - 11) * 132_000, "hall", "tick", { no, root: sha(`tick ${no}`) });
postponed.add(-5 * 60_000, host, "postponement-asked", { no: 2, deadline: DEADLINE + 26 * 3_600_000, reason: "供电恢复时间推迟至次日" }, true);
postponed.write("sample-postponed.jsonl");

const drawn = new Log();
intake(drawn, 20, true, { draws: [
  { no: 1, name: { zh: "K值", en: "K value" }, values: { list: ["0.95", "0.96", "0.97", "0.98", "0.99"] }, after: "prices-read" },
  { no: 2, name: { zh: "评审专家座次", en: "Seat of the panel" }, values: { range: { lowest: 1, highest: 30, step: 1 } }, after: "prices-read" },
] });
frozen(drawn, BIDS);
for (const index of [1, 2, 3]) freezeSigned(drawn, index, 1_900 + index * 400);
const answerDraw = (log, no, index, at) => log.add(at, `custodian:${index}`, "draw-partial", { custodian: index, no, freeze_id: sha("freeze id"), sha256: sha(`draw ${no} ${index}`), d: `02${sha(`draw d ${no} ${index}`)}`, c: sha(`draw c ${no} ${index}`), z: sha(`draw z ${no} ${index}`) });
opening(drawn, (log, from) => {
  let at = from;
  log.add(at += 5_000, host, "draw-started", { no: 1 }, true);
  for (const index of [2, 1]) answerDraw(log, 1, index, at += 400);
  log.add(at += 300, "hall", "draw-made", { no: 1, index: 2, value: "0.97", dropped: [] });
  log.add(at += 6_000, host, "draw-started", { no: 2 }, true);
  answerDraw(log, 2, 3, at += 500);
  answerDraw(log, 2, 1, at += 2_000);
  log.add(at += 300, "hall", "draw-made", { no: 2, index: 16, value: "17", dropped: [] });
  return at;
});
drawn.write("sample-drawn.jsonl");

const ended = new Log();
intake(ended);
frozen(ended, BIDS);
freezeSigned(ended, 1, 2_300);
ended.add(3_000, host, "opening-paused", { reason: "power", text: "园区停电，改用备用电源" }, true);
for (const index of [2, 3]) freezeSigned(ended, index, 3_000 + index * 400);
ended.add(180_000, supervisor, "opening-paused", { reason: "authority-order", text: "核查现场" }, true);
ended.add(900_000, supervisor, "opening-resumed", {}, true);
ended.add(900_000, "hall", "freeze-completed", { signers: [1, 2, 3], degraded: false });
ended.add(960_000, host, "measure-asked", { no: 1, measure: "suspend", reason: "attack", text: "平台遭受攻击" }, true);
ended.add(980_000, supervisor, "measure-taken", { no: 1, measure: "suspend" }, true);
ended.add(1_800_000, host, "measure-asked", { no: 2, measure: "terminate", reason: "leak-risk", text: "无法排除泄密风险，重新招标" }, true);
ended.add(1_860_000, supervisor, "measure-taken", { no: 2, measure: "terminate" }, true);
for (const index of [1, 2, 3]) destroyed(ended, index, 1_861_000 + index * 200);
ended.write("sample-ended.jsonl");

// Two envelopes: documents first, prices a day later and only of those who passed.
const step = (name, optional = false) => ({ step: name, optional });
const LAST = [step("publish-bidders"), step("check-seals"), step("announce-ceiling", true), step("unseal-prices"), step("read-prices"), step("record")];
const FIRST = {
  title: { zh: "商务及技术文件", en: "business and technical documents" },
  fields: [
    { key: "duration", zh: "工期", en: "Duration", type: "integer", unit: { zh: "日历天", en: "calendar days" } },
    { key: "quality", zh: "质量", en: "Quality", type: "text", unit: null },
    { key: "manager", zh: "项目负责人", en: "Project manager", type: "text", unit: null },
  ],
  steps: LAST.filter((listed) => !listed.optional).flatMap((listed, at) => at === 1 ? [step("check-bidders"), listed] : [listed]),
};
const DAY = 86_400_000;

function sealed(log, at, bids, stages) {
  const results = bids.flatMap((bid) => objects(stages).map((object) => ({ bidder: bid.party.code, ...object, sealed: true, label: null })));
  log.add(at, "hall", "seals-checked", { results });
}

function unsealed(log, at, stage, bids, bid) {
  log.add(at, host, "unsealing-started", { stage, part: "price" }, true);
  for (const [n, index] of [3, 1].entries()) partials(log, index, "price", at + 1_100 * (n + 1), stage, bids);
  log.add(at + 3_000, "hall", "prices-published", { bids: bids.map(bid) });
}

function recorded(log, at, stage, bids) {
  log.add(at, "hall", "reading-finished", {});
  bids.forEach((bid, n) => log.add(at + 1_500 * (n + 1), of(bid), "price-confirmed", { bidder: bid.party.code }, true));
  log.add(at + 40_000, "hall", "record-generated", { sha256: sha(`record ${stage}`) });
  for (const [n, [by, signer, role]] of [[host, HOST, "host"], [supervisor, SUPERVISOR, "supervisor"]].entries()) {
    log.add(at + 45_000 + n * 4_000, by, "record-signed", { party: signer, role, record_sha256: sha(`record ${stage}`), cms: b64("sample, not a signature") }, true);
  }
  log.add(at + 52_000, host, "unsealing-started", { stage, part: "documents" }, true);
  for (const index of [1, 2]) partials(log, index, "documents", at + 52_000 + index * 1_000, stage, bids);
  log.add(at + 56_000, "hall", "documents-opened", {
    bids: bids.map((bid, n) => ({ bidder: bid.party.code, manifest_sha256: manifest(bid), verdict: "opened", label: null, fault: null, plain_sha256: sha(`plain ${stage} ${n}`), plain_len: 4_100_000 })),
  });
}

const shut = (bid) => ({ bidder: bid.party, manifest_sha256: manifest(bid), verdict: "not-opened", label: "E_COMMITMENT_MISMATCH", fault: "bidder", sheet_sha256: null, sheet_b64: null, total: null, fields: null, over_ceiling: false });
const open = (bid, fields, total) => ({ bidder: bid.party, manifest_sha256: manifest(bid), verdict: "opened", label: null, fault: null, sheet_sha256: sha(`sheet ${bid.party.code}`), sheet_b64: b64("sample"), total, fields, over_ceiling: total !== null && total.minor > CEILING.minor });

const envelopes = new Log();
intake(envelopes, 20, true, { template: "two-envelope", stage_count: 2, steps: LAST, envelopes: [FIRST] });
frozen(envelopes, BIDS, false, [1, 2]);
for (const index of [1, 2, 3]) freezeSigned(envelopes, index, 1_900 + index * 400);
envelopes.add(4_200, "hall", "freeze-completed", { signers: [1, 2, 3], degraded: false });
envelopes.add(61_000, host, "bidders-published", { bidders: BIDS.map((bid) => bid.party) }, true);
BIDS.forEach((bid, n) => envelopes.add(64_000 + n * 2_000, host, "bidder-checked", { bidder: bid.party.code, identity: "fits", bond: n % 3 === 1 ? "guarantee" : "paid", reason: null }, true));
sealed(envelopes, 95_000, BIDS, [1, 2]);
const readable = BIDS.filter((bid) => bid.total !== null);
unsealed(envelopes, 121_000, 1, BIDS, (bid) => bid.total === null ? shut(bid) : open(bid, { duration: String(bid.days), quality: "合格", manager: bid.manager }, null));
readable.forEach((bid, n) => envelopes.add(140_000 + n * 9_000, host, "price-read", {
  position: n + 1, bidder: bid.party,
  zh: `第${n + 1}家，${bid.party.name}。工期：${bid.days}日历天。质量：合格。项目负责人：${bid.manager}。`,
  en: `No. ${n + 1}: ${bid.party.name}. Duration: ${bid.days} calendar days. Quality: 合格. Project manager: ${bid.manager}.`,
  duration_ms: 8_000,
}, true));
recorded(envelopes, 240_000, 1, readable);
envelopes.add(300_000, host, "envelope-closed", { stage: 1 }, true);
const out = new Map([[BIDS[3], "项目负责人业绩不满足招标文件第 3.5.2 条"], [BIDS[8], "施工组织设计未响应关键工期节点"], [BIDS[11], "第一信封未能解密"]]);
const inside = BIDS.filter((bid) => !out.has(bid));
const list = {
  stage: 1, passed: inside.map((bid) => bid.party.code),
  failed: [...out].map(([bid, reason]) => ({ bidder: bid.party.code, reason })), reconvene_at: DEADLINE + DAY + 3_600_000, reason: null,
};
envelopes.add(DAY - 5_400_000, host, "passed-listed", { no: 1, ...list }, true);
envelopes.add(DAY - 3_600_000, supervisor, "passed-approved", { no: 1, passed: list.passed }, true);
const again = DAY + 3_600_000;
envelopes.add(again + 2_000, host, "opening-reconvened", { stage: 2 }, true);
envelopes.add(again + 9_000, of(BIDS[3]), "signed-in", { bidder: BIDS[3].party }, true);
envelopes.add(again + 30_000, of(BIDS[3]), "objection-raised", { no: 1, bidder: BIDS[3].party.code, text: "我方项目负责人业绩已附合同和验收证明，请复核。" }, true);
envelopes.add(again + 75_000, host, "objection-answered", { no: 1, text: "已请评标委员会复核：所附业绩的建设规模不足，维持评审结果。" }, true);
envelopes.add(again + 90_000, host, "bidders-published", { bidders: inside.map((bid) => bid.party) }, true);
sealed(envelopes, again + 100_000, inside, [2]);
envelopes.add(again + 106_000, host, "ceiling-announced", { ceiling: CEILING, capital: capital(CEILING) }, true);
unsealed(envelopes, again + 112_000, 2, inside, (bid) => open(bid, { days: String(bid.days), quality: "合格", manager: bid.manager }, money(bid.total)));
inside.forEach((bid, n) => envelopes.add(again + 130_000 + n * 12_000, host, "price-read", {
  position: n + 1, bidder: bid.party, total: money(bid.total), capital: capital(money(bid.total)),
  zh: `第${n + 1}家，${bid.party.name}。投标总价：人民币${capital(money(bid.total))}，¥${digits(bid.total)}。工期：${bid.days}天。项目经理：${bid.manager}。`,
  en: `No. ${n + 1}: ${bid.party.name}. Total price: ¥${digits(bid.total)}. Duration: ${bid.days} days. Project manager: ${bid.manager}.`,
  duration_ms: 11_000,
}, true));
recorded(envelopes, again + 240_000, 2, inside);
envelopes.add(again + 300_000, host, "opening-closed", {}, true);
for (const index of [1, 2, 3]) destroyed(envelopes, index, again + 301_000 + index * 200);
envelopes.write("sample-envelopes.jsonl");

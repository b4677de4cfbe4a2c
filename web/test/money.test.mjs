import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { belowCeiling, capital, digits, fieldValue, figures, percent, spread } from "../hall/money.js";

const cny = (minor) => ({ minor, currency: "CNY" });
const vectors = JSON.parse(readFileSync(new URL("../../fixtures/vectors/money/capital.json", import.meta.url), "utf8"));

test("capital numerals follow the shared vectors", () => {
  assert.ok(vectors.length >= 20);
  for (const [fen, text] of vectors) assert.equal(capital(cny(fen)), text, String(fen));
});

test("capital numerals name the dollar", () => {
  assert.equal(capital({ minor: 0, currency: "USD" }), "零美元整");
  assert.equal(capital({ minor: 143138890, currency: "USD" }), "壹佰肆拾叁万壹仟叁佰捌拾捌美元玖角整");
});

test("figures have separators and two decimals, up to the largest amount", () => {
  assert.equal(figures(cny(13204560000)), "¥132,045,600.00");
  assert.equal(figures(cny(5)), "¥0.05");
  assert.equal(figures(cny(99999)), "¥999.99");
  assert.equal(figures({ minor: 100000, currency: "USD" }), "$1,000.00");
  assert.equal(digits(Number.MAX_SAFE_INTEGER), "90,071,992,547,409.91");
});

test("what is not whole minor units is refused, never rounded", () => {
  for (const bad of [1.5, -1, 2 ** 53, NaN, "12", null, undefined]) {
    assert.throws(() => digits(bad), RangeError, String(bad));
    assert.throws(() => capital(cny(bad)), RangeError, String(bad));
  }
});

test("distance to the ceiling in hundredths of a percent", () => {
  assert.equal(belowCeiling(cny(13128645000), cny(13650000000)), 382);
  assert.equal(belowCeiling(cny(13752000000), cny(13650000000)), -75);
  assert.equal(belowCeiling(cny(100), cny(100)), 0);
  assert.equal(belowCeiling(cny(1), null), null);
  assert.equal(belowCeiling(cny(1), { minor: 1, currency: "USD" }), null);
  assert.equal(belowCeiling(cny(1), cny(0)), null);
  assert.equal(percent(382), "3.82%");
  assert.equal(percent(-5), "-0.05%");
});

test("spread is exact where floating point is not, and does not mix currencies", () => {
  const big = Number.MAX_SAFE_INTEGER;
  assert.deepEqual(spread([cny(big), cny(big - 2)]), { low: cny(big - 2), high: cny(big), mean: cny(big - 1) });
  assert.equal(spread([]), null);
  assert.equal(spread([cny(1), { minor: 1, currency: "USD" }]), null);
});

test("rates carry their sign, other fields are shown as they are", () => {
  assert.equal(fieldValue({ type: "percent" }, "5.25"), "5.25%");
  assert.equal(fieldValue({ type: "per-mille" }, "1.5"), "1.5‰");
  assert.equal(fieldValue({ type: "integer" }, "365"), "365");
  assert.equal(fieldValue({ type: "text" }, "<b>"), "<b>");
});

test("another currency is named, also below one", () => {
  const dollars = (minor) => capital({ minor, currency: "USD" });
  assert.deepEqual([0, 1, 12, 50, 100, 105].map(dollars),
    ["零美元整", "零美元零壹分", "零美元壹角贰分", "零美元伍角整", "壹美元整", "壹美元零伍分"]);
});

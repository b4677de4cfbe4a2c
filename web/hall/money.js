// Money on the page: whole minor units (fen, cents), computed with BigInt, never floating point.
// The vectors in fixtures/vectors/money/capital.json are read by the Rust and by the page's tests.

const SIGNS = { CNY: "¥", USD: "$" };
const NUMERALS = ["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"];
const PLACES = [[1000n, "仟"], [100n, "佰"], [10n, "拾"], [1n, ""]];
const GROUPS = [[1_0000_0000_0000n, "万亿"], [1_0000_0000n, "亿"], [1_0000n, "万"], [1n, ""]];

/** Minor units as text with separators and two decimals, without the sign: `132,045,600.00`. */
export function digits(minor) {
  const amount = whole(minor);
  const major = (amount / 100n).toString().replace(/\B(?=(\d{3})+$)/g, ",");
  return `${major}.${(amount % 100n).toString().padStart(2, "0")}`;
}

/** The sign of a currency; an unknown currency is written out. */
export function sign(currency) {
  return SIGNS[currency] ?? `${currency} `;
}

/** `¥132,045,600.00` */
export function figures(money) {
  return sign(money.currency) + digits(money.minor);
}

/** The amount in capital Chinese numerals, as the opening record prints it (大写). */
export function capital(money) {
  const amount = whole(money.minor);
  const unit = money.currency === "USD" ? "美元" : "元";
  const major = amount / 100n;
  const jiao = Number((amount / 10n) % 10n);
  const fen = Number(amount % 10n);
  // 伍角整 is an amount of yuan; another currency has to be named.
  const named = (jiao === 0 && fen === 0) || money.currency !== "CNY";
  const head = major > 0n ? capitalInteger(major) + unit : named ? `零${unit}` : "";
  if (jiao === 0 && fen === 0) return `${head}整`;
  if (jiao === 0) return `${head}${head ? "零" : ""}${NUMERALS[fen]}分`;
  if (fen === 0) return `${head}${NUMERALS[jiao]}角整`;
  return `${head}${NUMERALS[jiao]}角${NUMERALS[fen]}分`;
}

// A positive integer in groups of four digits; a zero is written once, before the digit it precedes.
function capitalInteger(number) {
  let out = "";
  let gap = false;
  for (const [size, name] of GROUPS) {
    const group = (number / size) % 10_000n;
    if (group === 0n) {
      gap = gap || out !== "";
      continue;
    }
    for (const [place, unit] of PLACES) {
      const digit = Number((group / place) % 10n);
      if (digit === 0) {
        gap = gap || out !== "";
        continue;
      }
      out += (gap ? "零" : "") + NUMERALS[digit] + unit;
      gap = false;
    }
    out += name;
    gap = false;
  }
  // 万亿 and 亿 groups both present read 万…亿: 壹万亿贰仟亿 becomes 壹万贰仟亿.
  const both = number / 1_0000_0000_0000n > 0n && (number / 1_0000_0000n) % 10_000n > 0n;
  return both ? out.replace("万亿", "万") : out;
}

/**
 * How far an amount lies below the ceiling, in hundredths of a percent (negative: above it),
 * rounded half away from zero; null where there is no ceiling in the same currency.
 */
export function belowCeiling(total, ceiling) {
  if (!total || !ceiling || ceiling.currency !== total.currency || ceiling.minor === 0) return null;
  const limit = whole(ceiling.minor);
  const gap = (limit - whole(total.minor)) * 10_000n;
  const half = limit / 2n;
  return Number(gap >= 0n ? (gap + half) / limit : -((-gap + half) / limit));
}

/** Hundredths of a percent as text: 326 is `3.26%`. */
export function percent(hundredths) {
  const size = Math.abs(hundredths);
  const text = `${Math.floor(size / 100)}.${String(size % 100).padStart(2, "0")}%`;
  return hundredths < 0 ? `-${text}` : text;
}

/** Lowest, highest and mean (rounded half up to a minor unit) of amounts of one currency. */
export function spread(amounts) {
  if (amounts.length === 0) return null;
  const currency = amounts[0].currency;
  if (amounts.some((money) => money.currency !== currency)) return null;
  const list = amounts.map((money) => whole(money.minor));
  const sum = list.reduce((a, b) => a + b, 0n);
  const count = BigInt(list.length);
  const of = (minor) => ({ minor: Number(minor), currency });
  return {
    low: of(list.reduce((a, b) => (b < a ? b : a))),
    high: of(list.reduce((a, b) => (b > a ? b : a))),
    mean: of((sum + count / 2n) / count),
  };
}

function whole(minor) {
  if (!Number.isSafeInteger(minor) || minor < 0) throw new RangeError("not whole minor units");
  return BigInt(minor);
}

/** The value of a read-out field as it is shown: rates carry their sign. */
export function fieldValue(field, value) {
  if (field.type === "percent") return `${value}%`;
  return field.type === "per-mille" ? `${value}‰` : value;
}

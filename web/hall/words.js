// Which words the page uses. Chinese is the default; the choice is kept in this browser only.

import { isPriced } from "./envelope.js";
import en from "./words-en.js";
import zh from "./words-zh.js";

const KEY = "kaibiao-language";

export const LANGUAGES = { zh, en };

/** The language to begin with: the address (`?lang=en`), then the last choice, then Chinese. */
export function firstLanguage(location, storage) {
  const asked = new URLSearchParams(location.search).get("lang");
  if (asked && Object.hasOwn(LANGUAGES, asked)) return asked;
  try {
    const kept = storage.getItem(KEY);
    return kept && Object.hasOwn(LANGUAGES, kept) ? kept : "zh";
  } catch {
    return "zh"; // storage may be switched off
  }
}

export function keepLanguage(language, storage) {
  try {
    storage.setItem(KEY, language);
  } catch {
    // Not kept then; the page works all the same.
  }
}

/** What is read out of a sheet of this envelope, in words: a price, or something else. */
export function whatOf(state, w) {
  return w.what[isPriced(state) ? "price" : "sheet"];
}

/** The phase in a word or two; between the reconvening and the list of bidders it is the reconvening. */
export function shortOf(state, phase, w) {
  return phase === "ready" && state.stage > 1 ? w.adjourned.short(state.stage) : w.short[phase];
}

/** A text that comes in both languages from the hall: `{ zh, en }`; Chinese where English is empty. */
export function pick(text, language) {
  return (language === "en" && text.en) || text.zh;
}

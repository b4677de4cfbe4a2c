// Which words the page uses. Chinese is the default; the choice is kept in this browser only.

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

/** A text that comes in both languages from the hall: `{ zh, en }`; Chinese where English is empty. */
export function pick(text, language) {
  return (language === "en" && text.en) || text.zh;
}

// The top bar (clock, connection, text size, language) and the strips below it (connection, faults).

import { h, icon, Slot } from "./dom.js";
import { clock, dateTime } from "./time.js";

const QUIET = 3_000; // ms without connection before the page says so
const LONG = 20_000;

/** The bar at the top. `actions`: { language(), size() }. */
export class TopBar {
  #slot; #actions;

  constructor(node, actions) {
    this.#slot = new Slot(node);
    this.#actions = actions;
  }

  update({ w, large, status, board }) {
    const mode = status ? status.mode : null;
    this.#slot.show([w, large, mode], () => [
      h("a", { class: "brand", href: "/", id: "home" },
        h("span", { class: "logo", "aria-hidden": "true", text: "标" }), h("span", { class: "org", text: w.hallName })),
      board ? null : h("a", { class: "toplink hide-m", id: "all-lots", href: "/", text: w.allLots }),
      h("span", { class: "sp" }),
      h("span", { class: "pill", id: "clockpill" }, h("i", { class: "dot", id: "clockdot", "aria-hidden": "true" }),
        h("b", { id: "clock", text: "--:--:--" }), h("span", { class: "hide-m", text: w.beijing }),
        h("span", { class: "hide-m", id: "clockstate" })),
      mode && h("span", { class: `pill ${mode === "live" ? "islive" : ""}`, id: "connection" },
        h("i", { class: `dot ${mode === "live" ? "" : "wait"}`, "aria-hidden": "true" }), h("span", { text: modeWord(w, mode) })),
      h("button", { class: "pill", id: "size", type: "button", "aria-pressed": String(large), "aria-label": w.largeText, onclick: this.#actions.size },
        icon("size"), h("span", { class: "hide-m", text: w.largeText })),
      h("button", { class: "pill", id: "language", type: "button", lang: w.lang === "en" ? "zh-CN" : "en", "aria-label": w.otherLanguageName, onclick: this.#actions.language },
        icon("globe"), h("span", { class: "hide-s", text: w.otherLanguage })),
    ]);
  }

  tick({ w, now, clockState }) {
    setText("clock", now === null ? "--:--:--" : clock(now));
    setText("clockstate", `· ${w.clockState[clockState]}`);
    document.getElementById("clockdot")?.classList.toggle("wait", clockState !== "synced");
  }
}

function modeWord(w, mode) {
  return mode === "catching-up" ? w.connection.catchingUp : w.connection[mode];
}

/** Sets a text only where it changed, so that nothing is announced or painted twice. */
export function setText(id, text) {
  const node = document.getElementById(id);
  if (node && node.textContent !== text) node.textContent = text;
}

/** The strips: what is wrong, what is safe, what to do. Icon, words and colour together. */
export class Notices {
  #slot;

  constructor(node) {
    this.#slot = new Slot(node);
  }

  update({ w, status, state, local, restored, missing }) {
    const away = status.since === null ? 0 : local - status.since;
    const lost = away > LONG ? "long" : away > QUIET ? "lost" : null;
    this.#slot.show([w, lost, status.attempt, status.fault, status.mode === "polling", state.unread, state.hold, state.measure, state.ended, restored, missing], () => {
      const list = [];
      const reason = (held) => w.hold.why(w.hold.reasons[held.reason], held.text);
      if (state.hold) list.push(strip("wait", "clock", w.hold.held(w.hold.holders[state.hold.holder], dateTime(state.hold.at), reason(state.hold))));
      if (state.measure && !state.ended) list.push(strip("wait", "warn", w.hold.asked(w.hold.measures[state.measure.measure], reason(state.measure))));
      if (status.fault && !missing) list.push(strip("bad", "warn", w.connection[status.fault]));
      if (lost && !missing) list.push(strip("wait", "warn", w.connection.lost(status.attempt)));
      if (lost === "long" && !missing) list.push(strip("wait", "warn", w.connection.longLost));
      if (!lost && status.mode === "polling") list.push(strip("wait", "clock", w.connection.pollingNote));
      if (restored !== null) list.push(strip("ok", "check", w.connection.restored(restored)));
      if (state.unread.length > 0) {
        list.push(strip("wait", "warn", w.connection.unread(state.unread.slice(-5).map((e) => e.i).join(", "))));
      }
      return list;
    });
  }
}

function strip(kind, iconName, text, ...more) {
  return h("p", { class: `strip ${kind}`, role: kind === "bad" ? "alert" : null }, icon(iconName), h("span", { text }), ...more);
}

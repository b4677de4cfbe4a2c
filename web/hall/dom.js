// Building the page: createElement and textContent only, so no text can ever become markup, and the
// strict content security policy holds.

const SVG = "http://www.w3.org/2000/svg";

/** An element. `props`: attributes, `class`, `text`, or `on…` functions; false, null, undefined: absent. */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** An SVG element. */
export function s(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "style") throw new Error("inline styles are not used");
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const ICONS = {
  lock: ["M7 11h10a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2v-5a2 2 0 0 1 2-2z", "M8 11V8a4 4 0 0 1 8 0v3"],
  unlock: ["M7 11h10a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2v-5a2 2 0 0 1 2-2z", "M8 11V8a4 4 0 0 1 7.700-1.500"],
  check: ["m5 12.500 4.500 4.500L19 7.500"],
  cross: ["M6 6l12 12M18 6 6 18"],
  shield: ["M12 3.500 5 6v5.500c0 4.300 2.900 7.400 7 9 4.100-1.600 7-4.700 7-9V6z", "m9 12 2.200 2.200L15.200 10"],
  warn: ["M12 4 2.800 19.500h18.400z", "M12 10v4.500M12 17v.2"],
  clock: ["M12 3.500a8.500 8.500 0 1 1 0 17 8.500 8.500 0 0 1 0-17z", "M12 7.500V12l3 2"],
  globe: ["M12 3.500a8.500 8.500 0 1 1 0 17 8.500 8.500 0 0 1 0-17z", "M3.500 12h17M12 3.500c3.200 3 3.200 14 0 17M12 3.500c-3.200 3-3.200 14 0 17"],
  size: ["M3.500 18 8.500 6l5 12M5.200 14h6.600M15 18l3-7 3 7M16 16h4"],
  table: ["M5 5h14v14H5z", "M5 10h14M5 14.500h14M10.500 10v9"],
  chart: ["M4 19.500h16M7.500 16v-4M12 16V7M16.500 16v-7"],
  list: ["M9 6.500h11M9 12h11M9 17.500h11M4.500 6.500h.1M4.500 12h.1M4.500 17.500h.1"],
  down: ["M12 4v11M7 10.500l5 5 5-5M5 20h14"],
  file: ["M6 3.500h8l4 4v13H6z", "M14 3.500v4h4M9 12.500h6M9 16h6"],
  key: ["M8 11a4 4 0 1 1 0 8 4 4 0 0 1 0-8z", "m11 12 8-8M16 7l2.500 2.500"],
  hand: ["M12 21c-4 0-6-3-7.500-7.500L3.500 10c1.500-.6 2.500.5 3.500 3V5.500a1.300 1.300 0 0 1 2.600 0V11 4a1.300 1.300 0 0 1 2.600 0v7-6a1.300 1.300 0 0 1 2.600 0v6.500-4a1.300 1.300 0 0 1 2.600 0V15c0 3.500-2 6-5.400 6z"],
  envelope: ["M3.500 6h17v12.500h-17z", "m4 6.500 8 6.500 8-6.500"],
  message: ["M4 5.500h16v11H9.500L5.500 20v-3.500H4z"],
  arrow: ["M5 12h14M13 6l6 6-6 6"],
};

/** A decorative icon; the text next to it carries the meaning. */
export function icon(name) {
  return s("svg", { class: "i", viewBox: "0 0 24 24", "aria-hidden": "true" }, ICONS[name].map((d) => s("path", { d })));
}

/** A digest shortened for reading, whole in the tooltip. */
export function digest(hex) {
  const text = hex.length > 20 ? `${hex.slice(0, 8)}…${hex.slice(-4)}` : hex;
  return h("code", { class: "mono", title: hex, text });
}

/** A digest in full, in blocks of eight, for comparing by eye. */
export function wholeDigest(hex) {
  return h("code", { class: "mono whole", text: hex.match(/.{1,8}/g).join(" ") });
}

export function tag(kind, iconName, text) {
  return h("span", { class: `tag ${kind}` }, iconName && icon(iconName), h("span", { text }));
}

/**
 * A part of the page that is rebuilt only when its inputs change (compared one by one). The focused
 * element and the scroll position of elements with an id survive the rebuild.
 */
export class Slot {
  #node; #inputs = null;

  constructor(node) {
    this.#node = node;
  }

  show(inputs, build) {
    const same = this.#inputs && inputs.length === this.#inputs.length
      && inputs.every((input, index) => Object.is(input, this.#inputs[index]));
    if (same) return;
    this.#inputs = inputs;
    const focused = this.#node.contains(document.activeElement) ? document.activeElement.id : "";
    const scrolled = [...this.#node.querySelectorAll("[id]")].filter((node) => node.scrollTop > 0)
      .map((node) => [node.id, node.scrollTop]);
    this.#node.replaceChildren(...[build()].flat(2).filter(Boolean));
    for (const [id, top] of scrolled) {
      const node = document.getElementById(id);
      if (node) node.scrollTop = top;
    }
    if (focused) document.getElementById(focused)?.focus();
  }
}

// The live connection to one room. Delivers log entries gaplessly and exactly once, in order.
// Network, timers, clock and randomness are handed in, so the tests need no network and no waiting.

const FIRST_WAIT = 500; // ms before the first retry (before jitter)
const LONGEST_WAIT = 15_000;
const SILENCE = 40_000; // the hall sends a heartbeat every 15 s
const CATCH_UP = 3_000; // time for frames under way after a heartbeat that is ahead of us
const POLL = 2_000; // ms between reads of the log where WebSockets do not get through
const POLL_AFTER = 3; // failed attempts without a single hello

/** Milliseconds to wait before attempt number `attempt` (1, 2, …): doubling, half of it random. */
export function backoff(attempt, random) {
  const full = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(attempt - 1, 10));
  return full / 2 + (full / 2) * random();
}

/**
 * `deps`: { open(url) -> socket with onopen/onmessage/onclose/onerror/close(), now(), random(),
 * later(fn, ms) -> id, cancel(id), readLog(since) -> Promise<string of JSON lines> }.
 * `on`: { entries([entry]), status(status), stamp(hallNow, localNow) }.
 * status: { mode: connecting | catching-up | live | waiting | polling, attempt, since (local ms of
 * the loss, null when live), missed (entries received after the last loss), fault: null | "behind" |
 * "version" | "frame" }.
 */
export class RoomFeed {
  #url; #deps; #on; #socket = null; #retry = null; #watch = null; #gapTimer = null; #stopped = false;
  #next; #greeted = false; #everGreeted = false; #live = false;
  #status = { mode: "connecting", attempt: 0, since: null, missed: 0, fault: null };

  constructor(url, next, deps, on) {
    this.#url = url;
    this.#next = next;
    this.#deps = deps;
    this.#on = on;
  }

  /** Index of the next entry wanted. */
  get next() {
    return this.#next;
  }

  start() {
    this.#connect();
  }

  stop() {
    this.#stopped = true;
    this.#clear();
    this.#drop();
  }

  /** The network is back, or the page is in front again: try now instead of waiting. */
  wake() {
    if (this.#retry !== null && !this.#stopped) this.#connect();
  }

  #connect() {
    this.#clear();
    this.#greeted = false;
    this.#live = false;
    if (this.#status.mode !== "polling") this.#say({ mode: "connecting" });
    let socket;
    try {
      socket = this.#deps.open(`${this.#url}?since=${this.#next}`);
    } catch {
      this.#lost(null); // refused before it began, for example by an old browser's policy
      return;
    }
    this.#socket = socket;
    socket.onmessage = (event) => this.#frame(socket, event.data);
    socket.onclose = () => this.#lost(socket);
    socket.onerror = () => {}; // a close always follows
    this.#guard();
  }

  #frame(socket, text) {
    if (socket !== this.#socket) return; // a late frame of a dropped connection
    this.#guard();
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      this.#fail("frame");
      return;
    }
    if (frame === null || typeof frame !== "object") this.#fail("frame");
    else if (typeof frame.t === "string") this.#control(frame);
    else this.#entry(frame);
  }

  #control(frame) {
    if (Number.isFinite(frame.now)) this.#on.stamp(frame.now, this.#deps.now());
    if (frame.t === "hello") {
      if (frame.v !== 1) return this.#fail("version");
      this.#greeted = true;
      this.#everGreeted = true;
      // `head` counts the entries. A hall that has fewer than we have seen has lost or forked its log.
      const behind = frame.head < this.#next;
      this.#say({ mode: "catching-up", fault: behind ? "behind" : null });
    } else if (frame.t === "live") {
      if (frame.head > this.#next) return this.#gap();
      this.#live = true;
      this.#say({ mode: "live", attempt: 0, since: null });
    } else if (frame.t === "hb" && this.#live && frame.head > this.#next && this.#gapTimer === null) {
      this.#gapTimer = this.#deps.later(() => {
        this.#gapTimer = null;
        if (this.#next < frame.head) this.#gap();
      }, CATCH_UP);
    }
    return undefined;
  }

  #entry(entry) {
    if (!this.#greeted || !Number.isSafeInteger(entry.i) || typeof entry.kind !== "string") {
      this.#fail("frame");
    } else if (entry.i > this.#next) {
      this.#gap();
    } else if (entry.i === this.#next) {
      this.#take([entry]);
    } // below: a repeat of what we have
  }

  #take(entries) {
    this.#next += entries.length;
    if (this.#status.since !== null) this.#status = { ...this.#status, missed: this.#status.missed + entries.length };
    this.#on.entries(entries);
  }

  #gap() {
    this.#lost(this.#socket);
  }

  #fail(fault) {
    this.#say({ fault });
    this.#lost(this.#socket);
  }

  #lost(socket) {
    if (socket !== this.#socket || this.#stopped) return;
    this.#clear();
    this.#drop();
    const attempt = this.#status.attempt + 1;
    const since = this.#status.since ?? this.#deps.now();
    const missed = this.#status.since === null ? 0 : this.#status.missed;
    const polling = !this.#everGreeted && attempt >= POLL_AFTER;
    this.#say({ mode: polling ? "polling" : "waiting", attempt, since, missed });
    this.#retry = polling
      ? this.#deps.later(() => this.#poll(), POLL)
      : this.#deps.later(() => this.#connect(), backoff(attempt, this.#deps.random));
  }

  // WebSockets do not get through (old proxy, old browser policy): read the same lines over HTTP.
  async #poll() {
    this.#retry = null;
    try {
      const lines = (await this.#deps.readLog(this.#next)).split("\n").filter(Boolean);
      if (this.#stopped) return;
      const fresh = [];
      for (const line of lines) {
        const entry = JSON.parse(line);
        if (entry.i === this.#next + fresh.length) fresh.push(entry);
        else if (!(entry.i < this.#next)) throw new Error("gap");
      }
      this.#status = { ...this.#status, since: null };
      if (fresh.length > 0) this.#take(fresh);
      this.#say({ mode: "polling", since: null, fault: null });
    } catch {
      this.#say({ mode: "polling", since: this.#status.since ?? this.#deps.now() });
    }
    if (!this.#stopped) this.#retry = this.#deps.later(() => this.#poll(), POLL);
  }

  // A connection that stays silent is dead, even if nobody closed it.
  #guard() {
    if (this.#watch !== null) this.#deps.cancel(this.#watch);
    const socket = this.#socket;
    this.#watch = this.#deps.later(() => this.#lost(socket), SILENCE);
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    if (socket) {
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
    }
  }

  #clear() {
    for (const timer of [this.#retry, this.#watch, this.#gapTimer]) if (timer !== null) this.#deps.cancel(timer);
    this.#retry = null;
    this.#watch = null;
    this.#gapTimer = null;
  }

  #say(change) {
    this.#status = { ...this.#status, ...change };
    this.#on.status(this.#status);
  }
}

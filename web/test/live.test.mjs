import assert from "node:assert/strict";
import test from "node:test";
import { backoff, RoomFeed } from "../hall/live.js";

// A network made of lists: sockets opened so far, timers that fire when the test says so.
function bench(next = 0) {
  const b = { sockets: [], timers: new Map(), clock: 0, ids: 0, got: [], statuses: [], stamps: [], log: async () => "" };
  const deps = {
    open(url) {
      if (b.refuse) throw new Error("refused by policy");
      const socket = { url, closed: false, close() { this.closed = true; } };
      b.sockets.push(socket);
      return socket;
    },
    now: () => b.clock,
    random: () => 0,
    later(run, ms) {
      b.ids += 1;
      b.timers.set(b.ids, { run, at: b.clock + ms });
      return b.ids;
    },
    cancel: (id) => b.timers.delete(id),
    readLog: (since) => b.log(since),
  };
  b.feed = new RoomFeed("ws://hall/room", next, deps, {
    entries: (list) => b.got.push(...list.map((entry) => entry.i)),
    status: (status) => b.statuses.push(status),
    stamp: (now, local) => b.stamps.push([now, local]),
  });
  b.socket = () => b.sockets[b.sockets.length - 1];
  b.send = (frame) => b.socket().onmessage({ data: typeof frame === "string" ? frame : JSON.stringify(frame) });
  b.hello = (head, v = 1) => b.send({ t: "hello", v, lot: {}, head, now: 1000 });
  b.entry = (i) => b.send({ i, at: 1, by: "hall", kind: "tick", data: {} });
  b.pass = (ms) => {
    b.clock += ms;
    for (const [id, timer] of [...b.timers]) {
      if (timer.at <= b.clock) {
        b.timers.delete(id);
        timer.run();
      }
    }
  };
  b.last = () => b.statuses[b.statuses.length - 1];
  b.feed.start();
  return b;
}

test("entries arrive once and in order, repeats are dropped", () => {
  const b = bench();
  b.hello(3);
  for (const i of [0, 1, 1, 0, 2]) b.entry(i);
  b.send({ t: "live", head: 3 });
  assert.deepEqual(b.got, [0, 1, 2]);
  assert.equal(b.last().mode, "live");
  assert.equal(b.sockets.length, 1);
});

test("a gap reconnects from the first missing entry and shows nothing beyond it", () => {
  const b = bench();
  b.hello(5);
  b.entry(0);
  b.entry(2);
  assert.deepEqual(b.got, [0]);
  assert.ok(b.sockets[0].closed);
  b.pass(500);
  assert.equal(b.socket().url, "ws://hall/room?since=1");
  b.hello(5);
  for (const i of [1, 2, 3, 4]) b.entry(i);
  assert.deepEqual(b.got, [0, 1, 2, 3, 4]);
});

test("live with a head beyond what came is a gap", () => {
  const b = bench();
  b.hello(2);
  b.entry(0);
  b.send({ t: "live", head: 2 });
  assert.equal(b.last().mode, "waiting");
});

test("a heartbeat ahead of us waits for frames under way, then reconnects", () => {
  const b = bench();
  b.hello(1);
  b.entry(0);
  b.send({ t: "live", head: 1 });
  b.send({ t: "hb", head: 2, now: 2000 });
  b.entry(1);
  b.pass(3_000);
  assert.equal(b.sockets.length, 1, "the frame was only under way");
  b.send({ t: "hb", head: 3, now: 3000 });
  b.pass(3_000);
  assert.equal(b.last().mode, "waiting");
});

test("the restored connection tells how many entries were missed", () => {
  const b = bench();
  b.hello(1);
  b.entry(0);
  b.send({ t: "live", head: 1 });
  b.clock = 100;
  b.socket().onclose();
  assert.deepEqual([b.last().mode, b.last().attempt, b.last().since], ["waiting", 1, 100]);
  b.pass(500);
  b.hello(4);
  for (const i of [1, 2, 3]) b.entry(i);
  b.send({ t: "live", head: 4 });
  assert.deepEqual([b.last().mode, b.last().attempt, b.last().since, b.last().missed], ["live", 0, null, 3]);
});

test("attempts count up while the hall is away; a late close of an old socket changes nothing", () => {
  const b = bench();
  b.hello(0);
  b.send({ t: "live", head: 0 });
  const old = b.sockets[0];
  const close = old.onclose;
  close();
  b.pass(250);
  b.socket().onclose();
  assert.equal(b.last().attempt, 2);
  close();
  assert.equal(b.last().attempt, 2);
  assert.equal(b.sockets.length, 2);
});

test("silence is a lost connection", () => {
  const b = bench();
  b.hello(0);
  b.send({ t: "live", head: 0 });
  b.pass(39_000);
  assert.equal(b.last().mode, "live");
  b.send({ t: "hb", head: 0, now: 5 });
  b.pass(39_000);
  assert.equal(b.last().mode, "live");
  b.pass(1_000);
  assert.equal(b.last().mode, "waiting");
});

test("bad frames, unknown versions and entries before hello are refused", () => {
  for (const [frame, fault] of [["{", "frame"], ["null", "frame"], ["[]", "frame"], ["7", "frame"]]) {
    const b = bench();
    b.hello(1);
    b.send(frame);
    assert.equal(b.last().fault, fault, frame);
    assert.equal(b.last().mode, "waiting", frame);
  }
  const early = bench();
  early.entry(0);
  assert.deepEqual(early.got, []);
  assert.equal(early.last().fault, "frame");
  const newer = bench();
  newer.hello(0, 2);
  assert.equal(newer.last().fault, "version");
});

test("a hall whose log is shorter than ours is said aloud, and ours is kept", () => {
  const b = bench(10);
  b.hello(7);
  assert.equal(b.last().fault, "behind");
  b.send({ t: "live", head: 7 });
  b.entry(6);
  assert.deepEqual(b.got, []);
  assert.equal(b.last().fault, "behind");
  assert.equal(b.feed.next, 10);
});

test("stamps of hello and heartbeat reach the clock", () => {
  const b = bench();
  b.clock = 42;
  b.hello(0);
  b.send({ t: "hb", head: 0, now: 2000 });
  assert.deepEqual(b.stamps, [[1000, 42], [2000, 42]]);
});

test("where WebSockets never work, the log is read over HTTP, gapless and without repeats", async () => {
  const b = bench();
  b.refuse = true;
  b.log = async (since) => [0, 1, 2, 3].filter((i) => i >= Math.max(0, since - 1))
    .map((i) => `${JSON.stringify({ i, at: 1, by: "hall", kind: "tick", data: {} })}\n`).join("");
  b.socket().onclose();
  b.pass(15_000);
  b.pass(15_000);
  assert.equal(b.last().mode, "polling");
  b.pass(2_000);
  await new Promise(setImmediate);
  assert.deepEqual(b.got, [0, 1, 2, 3]);
  assert.equal(b.last().since, null);
  b.log = async () => `${JSON.stringify({ i: 6, at: 1, by: "hall", kind: "tick", data: {} })}\n`;
  b.pass(2_000);
  await new Promise(setImmediate);
  assert.deepEqual(b.got, [0, 1, 2, 3], "a hole is never shown");
  assert.notEqual(b.last().since, null);
});

test("stop ends everything", () => {
  const b = bench();
  b.hello(0);
  b.feed.stop();
  assert.ok(b.sockets[0].closed);
  assert.equal(b.timers.size, 0);
  b.feed.wake();
  assert.equal(b.sockets.length, 1);
});

test("wake retries at once instead of waiting", () => {
  const b = bench();
  b.socket().onclose();
  b.feed.wake();
  assert.equal(b.sockets.length, 2);
  b.feed.wake();
  assert.equal(b.sockets.length, 2, "not while an attempt is under way");
});

test("the back-off doubles, is bounded, and is spread by chance", () => {
  assert.equal(backoff(1, () => 0), 250);
  assert.equal(backoff(1, () => 1), 500);
  assert.equal(backoff(2, () => 0), 500);
  assert.equal(backoff(50, () => 1), 15_000);
});

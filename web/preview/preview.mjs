// A small server for looking at the page without a hall: it plays the sample logs. Plain Node.
//
//   node web/preview/preview.mjs [--port 8090] [--seconds 600]
//
// Every lot of the tender SAMPLE is a scene; the name of the lot says what is played:
//   /lots/SAMPLE/u38         the sample log as far as entry 37; the clock runs on from there
//   /lots/SAMPLE/u38.p4000   the same, 4,000 ms after the last entry
//   /lots/SAMPLE/x20         the whole log at 20 times its speed, from the start
//   /lots/SAMPLE/failed      fewer than three bidders      /lots/SAMPLE/degraded.u27
//   /lots/SAMPLE/drawn           two draws after the reading
//   /lots/SAMPLE/envelopes.u76   two envelopes   /lots/SAMPLE/applications.u17   prequalification
//   /lots/SAMPLE/result          the result of the evaluation, told after the close
//   /lots/SAMPLE/postponed       moved once; the supervisor has not answered a second request
// The server ends by itself after --seconds.

import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const PORT = option("port", 8090);
const HALL = fileURLToPath(new URL("../hall/", import.meta.url));
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml" };
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'";

const text = (path) => readFileSync(new URL(path, import.meta.url), "utf8").trimEnd().split("\n");
const lines = (name) => text(`../test/sample-${name}.jsonl`);
const vector = (name) => text(`../../fixtures/vectors/opening/log-${name}.jsonl`).map((line, i) => JSON.stringify({ i, ...JSON.parse(line) }));
const LOGS = { log: lines("log"), failed: lines("failed"), degraded: lines("degraded"), postponed: lines("postponed"), drawn: lines("drawn"), ended: lines("ended"),
  envelopes: lines("envelopes"), applications: vector("applications"), result: vector("result") };
const opened = new Map(); // scene -> when its page was last loaded; its clock runs from there

/** What is played under a lot's name: its lines so far and the hall's time. */
function scene(name) {
  const words = name.split(".");
  const log = LOGS[words.find((word) => Object.hasOwn(LOGS, word)) ?? "log"];
  const number = (letter) => {
    const word = words.find((text) => new RegExp(`^${letter}\\d+$`).test(text));
    return word ? Number(word.slice(1)) : null;
  };
  if (!words.every((word) => Object.hasOwn(LOGS, word) || /^[upx]\d+$/.test(word))) return null;
  const speed = number("x");
  const at = (line) => JSON.parse(line ?? log[0]).at;
  const since = () => Date.now() - (opened.get(name) ?? Date.now());
  const now = speed === null
    ? () => at(log[shown().length - 1]) + (number("p") ?? 1_000) + since()
    : () => at(log[0]) + since() * speed;
  const shown = speed === null ? () => log.slice(0, number("u") ?? log.length) : () => log.filter((line) => at(line) <= now());
  return { shown, now };
}

const SCENES = ["u21", "u30", "u42", "u50", "postponed", "drawn", "failed", "ended", "envelopes.u76", "log"];
const PHASE = { drawn: "closed", u21: "receiving", postponed: "receiving", u30: "ready", u42: "published", u50: "reading", failed: "failed", ended: "terminated", "envelopes.u76": "adjourned", log: "closed" };

function listed(name) {
  const first = JSON.parse(LOGS.log[0]).data;
  return { lot: { tender: "SAMPLE", lot: name }, phase: PHASE[name] ?? "receiving", deadline: first.deadline, entries: scene(name).shown().length, ceremony: "ready",
    title: first.title, lot_title: first.lot_title, tenderee: first.tenderee, fictional: true };
}

const server = createServer((request, response) => {
  const path = decodeURIComponent(new URL(request.url, "http://preview").pathname);
  const since = Number(new URL(request.url, "http://preview").searchParams.get("since") ?? 0);
  const send = (status, type, body) => {
    response.writeHead(status, { "content-type": type, "content-security-policy": POLICY, "cache-control": "no-store" });
    response.end(body);
  };
  const json = (value) => send(200, "application/json", JSON.stringify(value));
  if (path === "/") return file("index.html");
  const room = /^\/lots\/[^/]+\/([^/]+)$/.exec(path);
  if (room) {
    opened.set(room[1], Date.now());
    return file("lot.html");
  }
  if (path.startsWith("/assets/")) return file(path.slice(8));
  if (path === "/api/v1/time") return json({ now: Math.round((scene(/\/lots\/SAMPLE\/([^/?]+)/.exec(request.headers.referer ?? "")?.[1] ?? "u21") ?? scene("u21")).now()) });
  if (path === "/api/v1/lots") return json(SCENES.map(listed));
  const [, name, call] = /^\/api\/v1\/lots\/SAMPLE\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? [];
  const play = name && scene(name);
  if (!play) return send(404, "application/problem+json", JSON.stringify({ type: "urn:kaibiao:problem:unknown-lot", label: "unknown-lot", status: 404 }));
  if (!call) return json(listed(name));
  if (call === "log") return send(200, "application/jsonl", play.shown().slice(since).map((line) => `${line}\n`).join(""));
  if (call === "checkpoint") {
    const shown = play.shown();
    return send(200, "text/plain; charset=utf-8", `preview/lot/SAMPLE/${name}\n${shown.length}\n${createHash("sha256").update(shown.join("\n")).digest("base64")}\n\n— preview sample\n`);
  }
  return send(404, "text/plain", "absent in the preview");

  function file(asset) {
    const full = normalize(join(HALL, asset));
    if (!full.startsWith(HALL) || !existsSync(full)) return send(404, "text/plain", "not found");
    response.writeHead(200, { "content-type": TYPES[extname(full)] ?? "application/octet-stream", "content-security-policy": POLICY, "cache-control": "no-store" });
    return createReadStream(full).pipe(response);
  }
});

// RFC 6455, server side, text frames out; frames of the browser are read only far enough to see a close.
server.on("upgrade", (request, socket) => {
  const url = new URL(request.url, "http://preview");
  const name = /^\/api\/v1\/lots\/SAMPLE\/([^/]+)\/room$/.exec(url.pathname)?.[1];
  const play = name && scene(name);
  if (!play) return socket.end("HTTP/1.1 404 Not Found\r\n\r\n");
  const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  let sent = Number(url.searchParams.get("since") ?? 0);
  const say = (text) => socket.write(frame(text));
  const catchUp = () => {
    const shown = play.shown();
    for (; sent < shown.length; sent += 1) say(shown[sent]);
    return shown.length;
  };
  say(JSON.stringify({ t: "hello", v: 1, lot: { tender: "SAMPLE", lot: name }, head: play.shown().length, now: Math.round(play.now()) }));
  say(JSON.stringify({ t: "live", head: catchUp() }));
  const steps = setInterval(catchUp, 50);
  const beats = setInterval(() => say(JSON.stringify({ t: "hb", head: catchUp(), now: Math.round(play.now()) })), name.includes("x") ? 500 : 15_000);
  const end = () => {
    clearInterval(steps);
    clearInterval(beats);
    socket.destroy();
  };
  socket.on("data", (data) => (data[0] & 0x0f) === 8 && end());
  socket.on("error", end);
  socket.on("close", end);
  return undefined;
});

function frame(text) {
  const body = Buffer.from(text);
  if (body.length < 126) return Buffer.concat([Buffer.from([0x81, body.length]), body]);
  if (body.length < 65_536) {
    const head = Buffer.from([0x81, 126, 0, 0]);
    head.writeUInt16BE(body.length, 2);
    return Buffer.concat([head, body]);
  }
  const head = Buffer.alloc(10);
  head.set([0x81, 127]);
  head.writeBigUInt64BE(BigInt(body.length), 2);
  return Buffer.concat([head, body]);
}

server.listen(PORT, "127.0.0.1", () => console.log(`preview on http://127.0.0.1:${PORT}/ and /lots/SAMPLE/u50`));
setTimeout(() => process.exit(0), option("seconds", 600) * 1000);

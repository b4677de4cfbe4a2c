// Takes a picture of the page with a local Chromium and reports console errors, policy violations and
// sideways scrolling. Plain Node (20 needs --experimental-websocket; 22 does not).
//
//   node --experimental-websocket web/preview/shot.mjs URL OUT.png [--width 1440] [--height 900]
//        [--phone] [--full] [--wait 2500] [--click CSS-SELECTOR]

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [url, out, ...rest] = process.argv.slice(2);
const value = (name, fallback) => rest.includes(`--${name}`) ? rest[rest.indexOf(`--${name}`) + 1] : fallback;
const phone = rest.includes("--phone");
const width = Number(value("width", phone ? 390 : 1440));
const height = Number(value("height", phone ? 844 : 900));
const wait = Number(value("wait", 2500));
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

const profile = mkdtempSync(join(tmpdir(), "kaibiao-shot-"));
const browser = spawn("chromium", ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
  "--disable-sync", "--no-first-run", "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"], { stdio: ["ignore", "ignore", "pipe"] });
const limit = setTimeout(() => browser.kill("SIGKILL"), 60_000);
process.on("exit", () => browser.kill("SIGKILL")); // also when this script fails

const endpoint = await new Promise((done, fail) => {
  let text = "";
  browser.stderr.on("data", (data) => {
    text += data;
    const found = /DevTools listening on (ws:\S+)/.exec(text);
    if (found) done(found[1]);
  });
  browser.on("exit", () => fail(new Error("chromium ended early")));
});

const socket = new WebSocket(endpoint);
await new Promise((done) => { socket.onopen = done; });
let last = 0;
const waiting = new Map();
const problems = [];
socket.onmessage = ({ data }) => {
  const message = JSON.parse(data);
  if (message.id) {
    waiting.get(message.id)?.(message);
    waiting.delete(message.id);
  } else if (message.method === "Runtime.exceptionThrown") problems.push(message.params.exceptionDetails.exception?.description ?? message.params.exceptionDetails.text);
  else if (message.method === "Log.entryAdded" && message.params.entry.level === "error") problems.push(message.params.entry.text);
};
const call = (method, params = {}, sessionId = undefined) => new Promise((done, fail) => {
  last += 1;
  waiting.set(last, (message) => message.error ? fail(new Error(`${method}: ${message.error.message}`)) : done(message.result));
  socket.send(JSON.stringify({ id: last, method, params, sessionId }));
});

const { targetId } = await call("Target.createTarget", { url: "about:blank" });
const { sessionId } = await call("Target.attachToTarget", { targetId, flatten: true });
const tell = (method, params) => call(method, params, sessionId);
await tell("Page.enable");
await tell("Runtime.enable");
await tell("Log.enable");
await tell("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: phone ? 2 : 1, mobile: phone });
await tell("Emulation.setScrollbarsHidden", { hidden: true });
await tell("Page.navigate", { url });
await pause(wait);
if (value("click", null)) {
  await tell("Runtime.evaluate", { expression: `document.querySelector(${JSON.stringify(value("click"))}).click()` });
  await pause(400);
}
const { result } = await tell("Runtime.evaluate", { returnByValue: true, expression: `({
  title: document.title, wide: document.documentElement.scrollWidth, view: innerWidth, tall: document.documentElement.scrollHeight,
  headings: document.querySelectorAll("h1").length, said: document.getElementById("say")?.textContent,
  doubled: [...document.querySelectorAll("[id]")].map((n) => n.id).filter((id, i, all) => all.indexOf(id) !== i) })` });
const picture = await tell("Page.captureScreenshot", { format: "png", captureBeyondViewport: rest.includes("--full") });
writeFileSync(out, Buffer.from(picture.data, "base64"));
console.log(JSON.stringify({ out, ...result.value, sideways: result.value.wide > result.value.view, problems }));
clearTimeout(limit);
await call("Browser.close").catch(() => {});
socket.close();
await new Promise((done) => (browser.exitCode === null ? browser.on("exit", done) : done()));
rmSync(profile, { recursive: true, force: true, maxRetries: 5 });

// The package ws of Node: gives what a publisher sends to all subscribers.
import { createRequire } from "node:module";

const [port, folder] = process.argv.slice(2);
const { WebSocketServer } = createRequire(`${folder}/`)("ws");
const server = new WebSocketServer({
  host: "127.0.0.1", port: Number(port), perMessageDeflate: false, backlog: 4096,
});
const readers = new Set();
server.on("connection", (socket, request) => {
  socket.on("error", () => {});
  if (request.url === "/pub") {
    socket.on("message", (data) => {
      for (const reader of readers) reader.send(data, { binary: false });
    });
  } else {
    readers.add(socket);
    socket.on("close", () => readers.delete(socket));
  }
});

"""uWebSockets (C++), by way of socketify: gives what a publisher sends to all subscribers."""

import sys

from socketify import App, AppListenOptions, OpCode

app = App()

# Nobody is cut in the measurement, and nothing is dropped for a slow subscriber.
COMMON = {
    "compression": 0,
    "max_payload_length": 1 << 20,
    "max_backpressure": 1 << 30,
    "idle_timeout": 0,
}


def publish(ws, message, opcode):
    app.publish("room", message, OpCode.TEXT)


app.ws("/pub", {**COMMON, "message": publish})
app.ws("/ws", {**COMMON, "open": lambda ws: ws.subscribe("room")})
app.listen(AppListenOptions(port=int(sys.argv[1]), host="127.0.0.1"), lambda config: None)
app.run()

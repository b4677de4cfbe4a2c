//! The hall: intake, log, live room and pages over HTTP and WebSocket.

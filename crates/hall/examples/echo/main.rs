//! A WebSocket echo over the path of a room's readers, for test suites of the protocol that are run by
//! hand: `cargo run -p kaibiao-hall --example echo PORT`.

mod server;

use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or(0);
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    eprintln!("listening on {}", listener.local_addr()?);
    server::serve(listener).await
}

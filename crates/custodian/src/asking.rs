//! Asking time servers over UDP (Roughtime, RFC 10049).

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use kaibiao_pki::roughtime::RESPONSE_BYTES_MAX;
use tokio::net::{UdpSocket, lookup_host};

use crate::Clock;
use crate::duty::{Answer, Question};

/// A server that has not answered after this long has not answered.
const ANSWER: Duration = Duration::from_secs(2);
/// The most datagrams that are looked at for one question: anybody can send some.
const DATAGRAMS: usize = 16;
/// The most addresses of one server that are tried.
const ADDRESSES: usize = 4;

/// Asks a server; `None` if it gave no answer that holds. Datagrams that do not hold are passed
/// over, so that a stranger who sends some keeps nothing from arriving.
pub(crate) async fn ask(question: Question, clock: Arc<dyn Clock>) -> Option<Answer> {
    let server = question.name.clone();
    let answer = tokio::time::timeout(ANSWER, exchange(question, &*clock)).await;
    match answer {
        Ok(Ok(answer)) => return Some(answer),
        Ok(Err(error)) => tracing::debug!(server, %error, "a time server was not reached"),
        Err(_) => tracing::debug!(server, "a time server did not answer"),
    }
    None
}

async fn exchange(question: Question, clock: &dyn Clock) -> std::io::Result<Answer> {
    let mut last = std::io::Error::other("the name has no address");
    let found: Vec<SocketAddr> = lookup_host(&question.address).await?.take(ADDRESSES).collect();
    for address in found {
        match at(address, &question, clock).await {
            Ok((sent, received, response, signed)) => {
                return Ok(Answer { question, sent, received, response, signed });
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

type Exchanged =
    (kaibiao_types::Millis, kaibiao_types::Millis, Vec<u8>, kaibiao_pki::roughtime::SignedTime);

async fn at(
    address: SocketAddr,
    question: &Question,
    clock: &dyn Clock,
) -> std::io::Result<Exchanged> {
    let own: SocketAddr = match address {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(own).await?;
    socket.connect(address).await?;
    let sent = clock.monotonic();
    socket.send(question.request.packet()).await?;
    let mut buffer = [0; RESPONSE_BYTES_MAX + 1];
    for _ in 0..DATAGRAMS {
        let length = socket.recv(&mut buffer).await?;
        let received = clock.monotonic();
        let response = buffer.get(..length).unwrap_or_default();
        match question.request.verify(response) {
            Ok(signed) => return Ok((sent, received, response.to_vec(), signed)),
            Err(error) => {
                let server = &question.name;
                tracing::warn!(server, label = error.label(), "an answer that does not hold");
            }
        }
    }
    Err(std::io::Error::other("too many answers that do not hold"))
}

//! Asking time servers over UDP (Roughtime, RFC 10049).

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use kaibiao_pki::roughtime::RESPONSE_BYTES_MAX;
use tokio::net::{UdpSocket, lookup_host};
use tokio::task::JoinSet;

use crate::Clock;
use crate::duty::{Answer, Question};

/// A server that has not answered after this long has not answered.
const ANSWER: Duration = Duration::from_secs(2);
/// The most datagrams that are looked at for one question: anybody can send some.
const DATAGRAMS: usize = 16;
/// The most addresses of one server that are asked, all at the same time: on a network that drops
/// one family of addresses the other one answers.
const ADDRESSES: usize = 8;

/// Asks a server; `None` if it gave no answer that holds. Datagrams that do not hold are passed
/// over, so that a stranger who sends some keeps nothing from arriving.
pub(crate) async fn ask(question: Question, clock: Arc<dyn Clock>) -> Option<Answer> {
    let server = question.name.clone();
    let answer = tokio::time::timeout(ANSWER, exchange(question, clock)).await;
    match answer {
        Ok(Ok(answer)) => return Some(answer),
        Ok(Err(error)) => tracing::debug!(server, %error, "a time server was not reached"),
        Err(_) => tracing::debug!(server, "a time server did not answer"),
    }
    None
}

async fn exchange(question: Question, clock: Arc<dyn Clock>) -> std::io::Result<Answer> {
    let found: Vec<SocketAddr> = lookup_host(&question.address).await?.take(ADDRESSES).collect();
    first(&found, question, clock).await
}

/// The first answer that holds, from whichever address it comes.
async fn first(
    addresses: &[SocketAddr],
    question: Question,
    clock: Arc<dyn Clock>,
) -> std::io::Result<Answer> {
    let question = Arc::new(question);
    let mut asked: JoinSet<std::io::Result<Answer>> = addresses
        .iter()
        .map(|address| at(*address, Arc::clone(&question), Arc::clone(&clock)))
        .collect();
    let mut last = std::io::Error::other("the name has no address");
    while let Some(done) = asked.join_next().await {
        match done.unwrap_or_else(|error| Err(std::io::Error::other(error))) {
            Ok(answer) => return Ok(answer), // the others end here
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn at(
    address: SocketAddr,
    question: Arc<Question>,
    clock: Arc<dyn Clock>,
) -> std::io::Result<Answer> {
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
            Ok(signed) => {
                let (question, response) = ((*question).clone(), response.to_vec());
                return Ok(Answer { question, sent, received, response, signed });
            }
            Err(error) => {
                let server = &question.name;
                tracing::warn!(server, label = error.label(), "an answer that does not hold");
            }
        }
    }
    Err(std::io::Error::other("too many answers that do not hold"))
}

#[cfg(test)]
mod tests {
    use kaibiao_pki::roughtime::TimeRequest;
    use kaibiao_testkit::{TimeAnswer, TimeServer};

    use super::*;
    use crate::clock::SystemClock;

    #[tokio::test]
    async fn a_silent_address_keeps_no_other_from_answering() {
        let answer = TimeAnswer::at(1_800_000_000, 1);
        let request = TimeRequest::new(answer.public_key(), [7; 32]);
        let silent = TimeServer::start(|_| None).unwrap();
        let answers = TimeServer::start(move |request| answer.respond(request)).unwrap();
        let addresses: Vec<SocketAddr> =
            [&silent, &answers].map(|server| server.address().to_string().parse().unwrap()).into();
        let question = Question {
            source: 0,
            name: "ntsc".to_owned(),
            address: String::new(),
            request,
            blind: [7; 32],
        };
        let asked = first(&addresses, question, Arc::new(SystemClock));
        let answer = tokio::time::timeout(ANSWER, asked).await.unwrap().unwrap();
        assert_eq!(answer.signed.midpoint().get(), 1_800_000_000_000);
        let nobody: &[SocketAddr] = &[];
        assert!(first(nobody, answer.question, Arc::new(SystemClock)).await.is_err());
    }
}

//! The connection of a reader: TCP, or TLS over it.

use std::fmt;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::net::{Shutdown, shutdown};
use rustls::ServerConnection;
use tokio::net::TcpStream;

/// The most plaintext of one TLS record (RFC 8446 section 5.1). So much waits encrypted at most.
const RECORD: usize = 16 * 1024;

/// How often more is asked of a socket whose records say nothing.
const EMPTY_READS: usize = 16;

/// A connection after its handshakes.
///
/// Ciphertext is of one connection and cannot be shared, so a TLS stream keeps the record that its
/// socket has not taken; there is never more than one.
pub struct Stream {
    tcp: TcpStream,
    tls: Option<Box<Mutex<ServerConnection>>>,
}

impl From<TcpStream> for Stream {
    fn from(tcp: TcpStream) -> Self {
        Self { tcp, tls: None }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("tcp", &self.tcp).field("tls", &self.tls.is_some()).finish()
    }
}

impl Stream {
    /// A TLS connection, once its handshake is done and what it has decrypted was taken from it.
    pub fn tls(tcp: TcpStream, tls: ServerConnection) -> Self {
        Self { tcp, tls: Some(Box::new(Mutex::new(tls))) }
    }

    pub(crate) const fn tcp(&self) -> &TcpStream {
        &self.tcp
    }

    /// Writes what is taken at once, and says how much that is; `None` if the connection has failed.
    pub(crate) fn write(&self, bytes: &[u8]) -> Option<usize> {
        let Some(mut tls) = self.lock() else { return taken(self.tcp.try_write(bytes)) };
        let mut count = 0_usize;
        for record in bytes.chunks(RECORD) {
            if !self.flush_tls(&mut tls)? {
                return Some(count);
            }
            count = count.saturating_add(tls.writer().write(record).ok()?);
        }
        self.flush_tls(&mut tls)?;
        Some(count)
    }

    /// Whether the socket has everything that was written; `None` if the connection has failed.
    pub(crate) fn flush(&self) -> Option<bool> {
        self.lock().map_or(Some(true), |mut tls| self.flush_tls(&mut tls))
    }

    /// Reads what is there.
    pub(crate) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(mut tls) = self.lock() else { return self.tcp.try_read(buffer) };
        for _ in 0..EMPTY_READS {
            match tls.reader().read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                done => return done,
            }
            tls.read_tls(&mut Socket(&self.tcp))?;
            tls.process_new_packets().map_err(io::Error::other)?;
        }
        Err(ErrorKind::WouldBlock.into())
    }

    /// Ends the sending side.
    pub(crate) fn shut(&self) {
        if let Some(mut tls) = self.lock() {
            tls.send_close_notify();
            let _ = self.flush_tls(&mut tls);
        }
        let _ = shutdown(&self.tcp, Shutdown::Write);
    }

    fn lock(&self) -> Option<MutexGuard<'_, ServerConnection>> {
        let tls = self.tls.as_ref()?;
        Some(tls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn flush_tls(&self, tls: &mut ServerConnection) -> Option<bool> {
        while tls.wants_write() {
            if taken(tls.write_tls(&mut Socket(&self.tcp)))? == 0 {
                return Some(false);
            }
        }
        Some(true)
    }
}

/// How much was taken at once; `None` if the connection has failed.
fn taken(wrote: io::Result<usize>) -> Option<usize> {
    match wrote {
        Ok(count) => Some(count),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Some(0),
        Err(_) => None,
    }
}

/// A socket whose reads and writes do not wait.
struct Socket<'a>(&'a TcpStream);

impl io::Read for Socket<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(buffer)
    }
}

impl io::Write for Socket<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

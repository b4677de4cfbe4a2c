//! The fan-out over real sockets.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod readers;
mod tls;

use std::time::Duration;

use kaibiao_fanout::Notices;

/// No test waits longer than this for anything.
const AT_MOST: Duration = Duration::from_mins(1);

struct Words;

impl Notices for Words {
    fn hello(&self, head: u64) -> Vec<u8> {
        format!("hello {head}").into()
    }

    fn live(&self, head: u64) -> Vec<u8> {
        format!("live {head}").into()
    }

    fn heartbeat(&self, head: u64) -> Vec<u8> {
        format!("beat {head}").into()
    }
}

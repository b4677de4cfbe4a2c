//! One log, thousands of readers.
//!
//! The entries of a lot are kept once, as the WebSocket frames in which they travel ([`FrameLog`]).
//! A reader is a place in those bytes; nobody has a queue of its own, so a reader that takes nothing
//! costs nothing and delays nobody. Readers that are at the head are served by a few shards: a shard
//! writes what is new to each of its sockets in turn, without waiting. A socket that cannot take
//! everything leaves its shard, catches up in a task of its own, and comes back ([`Fanout`]).
//!
//! What a frame means is not known here: the words of the notices come from [`Notices`].

mod fanout;
mod frame;
mod inbound;
mod log;
mod reader;
#[cfg(test)]
mod schedules;
mod shard;
mod stream;
mod sync;

pub use fanout::{Fanout, Notices, Pace};
pub use frame::{CloseCode, binary_frame, close_frame, pong_frame, text_frame};
pub use inbound::{Inbound, Received, Violation};
pub use log::{FrameLog, Head, Offset};
pub use stream::Stream;

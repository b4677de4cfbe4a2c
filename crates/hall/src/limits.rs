//! How much one address may ask of the hall.
//!
//! An address is one IPv4 address or one IPv6 network of 64 bits. The table of addresses is bounded:
//! when it is full it forgets who asks nothing now.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Most addresses that are remembered.
const ADDRESSES: usize = 65_536;

/// Connections of one address beside its sockets: uploads, custodians, people behind one router.
const CONNECTIONS: u32 = 1_000;

/// What is counted, each by itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Act {
    /// Asking for a statement to sign.
    Challenge,
    /// Handing a signed statement in.
    Login,
    /// A signed command.
    Command,
    /// Beginning or completing a submission.
    Submission,
    /// Any other post.
    Message,
}

impl Act {
    const COUNT: usize = 5;

    const fn index(self) -> usize {
        match self {
            Self::Challenge => 0,
            Self::Login => 1,
            Self::Command => 2,
            Self::Submission => 3,
            Self::Message => 4,
        }
    }

    /// One more in each such span, and how many at once.
    const fn rate(self) -> (Duration, u32) {
        match self {
            Self::Challenge | Self::Login => (Duration::from_millis(500), 60),
            Self::Command => (Duration::from_millis(100), 200),
            Self::Submission => (Duration::from_millis(50), 1_000),
            Self::Message => (Duration::from_millis(20), 1_000),
        }
    }
}

/// What is counted while it lasts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Held {
    Connection,
    Socket,
}

#[derive(Debug, Default)]
struct Entry {
    /// When each bucket is full again.
    full: [Option<Instant>; Act::COUNT],
    connections: u32,
    sockets: u32,
}

/// The addresses and what they have asked.
#[derive(Debug)]
pub(crate) struct Gate {
    sockets: u32,
    most: usize,
    table: Mutex<BTreeMap<IpAddr, Entry>>,
}

/// Something that an address holds, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    gate: Arc<Gate>,
    who: IpAddr,
    held: Held,
}

impl Gate {
    /// At most so many live rooms are open to one address.
    pub(crate) fn new(sockets: u32) -> Self {
        Self { sockets, most: ADDRESSES, table: Mutex::default() }
    }

    /// Takes one from a bucket, or says how long to wait.
    pub(crate) fn ask(&self, who: IpAddr, act: Act, now: Instant) -> Result<(), Duration> {
        let (every, burst) = act.rate();
        let mut table = self.table();
        let entry = entry(&mut table, self.most, network(who), now).ok_or(every)?;
        let Some(full) = entry.full.get_mut(act.index()) else { return Ok(()) };
        let next = full.map_or(now, |full| full.max(now)) + every;
        let over = next.saturating_duration_since(now).saturating_sub(every * burst);
        if over > Duration::ZERO {
            return Err(over);
        }
        *full = Some(next);
        Ok(())
    }

    /// A connection, if the address has not too many.
    pub(crate) fn connection(self: &Arc<Self>, who: IpAddr) -> Option<Place> {
        self.hold(who, Held::Connection)
    }

    /// A live room, if the address has not too many.
    pub(crate) fn socket(self: &Arc<Self>, who: IpAddr) -> Option<Place> {
        self.hold(who, Held::Socket)
    }

    fn hold(self: &Arc<Self>, who: IpAddr, held: Held) -> Option<Place> {
        let who = network(who);
        let mut table = self.table();
        let entry = entry(&mut table, self.most, who, Instant::now())?;
        let (count, most) = match held {
            Held::Connection => (&mut entry.connections, self.sockets.saturating_add(CONNECTIONS)),
            Held::Socket => (&mut entry.sockets, self.sockets),
        };
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Place { gate: Arc::clone(self), who, held })
    }

    fn table(&self) -> MutexGuard<'_, BTreeMap<IpAddr, Entry>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut table = self.gate.table();
        let Some(entry) = table.get_mut(&self.who) else { return };
        let count = match self.held {
            Held::Connection => &mut entry.connections,
            Held::Socket => &mut entry.sockets,
        };
        *count = count.saturating_sub(1);
    }
}

impl Entry {
    const fn holds(&self) -> bool {
        self.connections > 0 || self.sockets > 0
    }

    fn owes(&self, now: Instant) -> bool {
        self.full.iter().flatten().any(|full| *full > now)
    }
}

/// The entry of an address; `None` if so many addresses hold something that there is no place.
fn entry(
    table: &mut BTreeMap<IpAddr, Entry>,
    most: usize,
    who: IpAddr,
    now: Instant,
) -> Option<&mut Entry> {
    if table.len() >= most && !table.contains_key(&who) {
        table.retain(|_, entry| entry.holds() || entry.owes(now));
        if table.len() > most / 2 {
            // A flood of addresses: what they owe is forgotten, so that others are heard.
            table.retain(|_, entry| entry.holds());
        }
        if table.len() >= most {
            return None;
        }
    }
    Some(table.entry(who).or_default())
}

fn network(who: IpAddr) -> IpAddr {
    match who.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_bucket_empties_and_fills() {
        let (gate, now) = (Gate::new(200), Instant::now());
        let (one, other) = (address("192.0.2.1"), address("192.0.2.2"));
        let (every, burst) = Act::Login.rate();
        for _ in 0..burst {
            gate.ask(one, Act::Login, now).unwrap();
        }
        assert_eq!(gate.ask(one, Act::Login, now), Err(every));
        assert_eq!(gate.ask(one, Act::Login, now + every / 2), Err(every / 2));
        // Who was refused pays nothing for it.
        assert_eq!(gate.ask(one, Act::Login, now + every), Ok(()));
        assert!(gate.ask(one, Act::Login, now + every).is_err());
        assert_eq!(gate.ask(one, Act::Challenge, now), Ok(()));
        assert_eq!(gate.ask(other, Act::Login, now), Ok(()));
        for _ in 0..burst {
            gate.ask(one, Act::Login, now + every * (burst + 2)).unwrap();
        }
    }

    #[test]
    fn what_is_held_is_given_back() {
        let gate = Arc::new(Gate::new(2));
        let (one, other) = (address("2001:db8::1"), address("2001:db8:0:1::1"));
        let first = gate.socket(one).unwrap();
        let _second = gate.socket(address("2001:db8::2:0:0:1")).unwrap();
        assert!(gate.socket(one).is_none(), "one network has two");
        assert!(gate.socket(other).is_some());
        assert!(gate.connection(one).is_some());
        drop(first);
        assert!(gate.socket(one).is_some());
    }

    #[test]
    fn addresses_in_one_form_only() {
        assert_eq!(network(address("::ffff:192.0.2.1")), address("192.0.2.1"));
        assert_eq!(network(address("2001:db8::ff:1")), address("2001:db8::"));
    }

    #[test]
    fn the_table_forgets_and_stays_small() {
        let gate = Arc::new(Gate { most: 100, ..Gate::new(5) });
        let now = Instant::now();
        let numbered = |n: u32| IpAddr::from(n.to_be_bytes());
        let held: Vec<_> = (0..10).map(|n| gate.socket(numbered(n)).unwrap()).collect();
        for n in 10..10_000 {
            gate.ask(numbered(n), Act::Command, now).unwrap();
            assert!(gate.table().len() <= 100);
        }
        assert_eq!(held.len(), 10);
        assert!((0..10).all(|n| gate.table().get(&numbered(n)).is_some_and(Entry::holds)));
        // Only if everybody holds something nobody else is taken in.
        let _all: Vec<_> = (10_000..11_000).filter_map(|n| gate.connection(numbered(n))).collect();
        assert_eq!(gate.table().len(), 100);
        assert!(gate.ask(numbered(20_000), Act::Command, now).is_err());
        assert!(gate.ask(numbered(1), Act::Command, now).is_ok());
    }
}

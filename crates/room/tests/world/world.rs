//! One run: who does what next, and what breaks.

use crate::bidder::Bidder;
use crate::cast::{BIDDERS, Cast, cast};
use crate::desk::Desk;
use crate::dice::Dice;
use crate::net::Net;
use crate::oracle::{self, Ending};
use crate::seat::Seat;

/// The seed begins so long before the deadline, ms.
const BEFORE: u64 = 45_000;
/// Steps after which an opening that nothing disturbs any more must be over.
const PATIENCE: usize = 3_000;

pub(crate) struct World {
    pub(crate) net: Net,
    bidders: Vec<Bidder>,
    seats: Vec<Seat>,
    desk: Desk,
}

/// What a run left behind.
pub(crate) struct Run {
    pub(crate) ending: Ending,
    pub(crate) log: Vec<u8>,
    pub(crate) steps: usize,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let cast: &'static Cast = cast();
        let deadline = cast.deadline.get();
        let start = deadline - BEFORE;
        let mut dice = Dice::new(seed ^ 0x5eed);
        let count = dice.of(&[2, 3, 4, 4, 4, BIDDERS, BIDDERS, BIDDERS]);
        let bidders = (0..count).map(|no| Bidder::new(no, &mut dice, start, deadline)).collect();
        let seats = (0..3).map(|no| Seat::new(cast, no, seed)).collect();
        let desk = Desk::new(cast, &mut dice);
        Self { net: Net::new(cast, seed, start), bidders, seats, desk }
    }

    /// From the publication to the end, with faults and then without.
    pub(crate) fn run(&mut self, package: bool) -> Run {
        self.net.start();
        for seat in &mut self.seats {
            seat.start();
        }
        let disturbed = self.net.dice.between(100, 1_200) as usize;
        let mut steps = 0;
        while steps < disturbed && !self.is_over() {
            self.disturb();
            self.step();
            steps += 1;
        }
        self.heal();
        let healed = steps;
        while !self.is_over() {
            assert!(steps - healed < PATIENCE, "the opening does not come to its end");
            self.step();
            steps += 1;
        }
        let ending = oracle::judge(self.net.cast, &self.net, &self.bidders);
        if package {
            self.package();
        }
        let log = self.net.shown.iter().flat_map(|line| [line, &b"\n"[..]].concat()).collect();
        Run { ending, log, steps }
    }

    /// Everybody's turn, as it comes.
    fn step(&mut self) {
        let Self { net, bidders, seats, desk } = self;
        match net.dice.below(100) {
            0..25 => {
                let at = net.dice.index(bidders.len());
                bidders[at].step(net);
            }
            25..55 => {
                let at = net.dice.index(seats.len());
                seats[at].step(net);
            }
            55..70 => desk.step(net),
            70..75 => net.arrive(),
            75..82 => net.tick(),
            _ => {
                let pass = match net.dice.below(100) {
                    0..80 => net.dice.between(1, 300),
                    80..97 => net.dice.between(100, 1_500),
                    _ => net.dice.between(1_000, 8_000),
                };
                net.now += pass;
            }
        }
    }

    /// Faults of machines, disks, clocks and lines.
    fn disturb(&mut self) {
        let Self { net, seats, .. } = self;
        if !net.hall.is_up() && net.dice.permille(250) {
            net.start();
        }
        for seat in &mut *seats {
            if !seat.is_up() && net.dice.permille(60) {
                seat.start();
            }
        }
        if !net.dice.permille(60) {
            return;
        }
        let number = net.dice.index(seats.len());
        match net.dice.below(10) {
            0..3 => net.crash(),
            3..5 => net.break_disk(),
            5..6 => {
                net.say(|| format!("custodian {number} crashes"));
                seats[number].crash();
            }
            6..7 => {
                net.cut[number] = net.now + net.dice.between(500, 30_000);
                net.say(|| format!("custodian {number} is cut off"));
            }
            // A tender file is published in time or not at all, so the hall's clock jumps after it.
            7..9 if !net.shown.is_empty() => {
                net.hall_skew = net.jump();
                let skew = net.hall_skew;
                net.say(|| format!("the hall's clock is {skew} ms ahead"));
            }
            _ => {
                seats[number].skew = net.jump();
                let skew = seats[number].skew;
                net.say(|| format!("the clock of custodian {number} is {skew} ms ahead"));
            }
        }
    }

    /// Nothing breaks any more, and what is broken is mended.
    fn heal(&mut self) {
        let net = &mut self.net;
        net.say(|| "healed".to_owned());
        net.chaos = false;
        net.cut = [0; 3];
        net.forget_late();
        net.hall_skew = 0;
        // A fault that is still planned goes with the process.
        net.crash();
        net.start();
        for seat in &mut self.seats {
            seat.skew = 0;
            seat.start();
        }
    }

    /// The opening is over, and everybody has seen it.
    fn is_over(&self) -> bool {
        self.desk.state().phase().is_final()
    }

    /// After the end: custodians destroy their shares, and the hall writes its package.
    fn package(&mut self) {
        for _ in 0..PATIENCE {
            let room = self.net.hall.room().unwrap();
            if self.desk.state().all_destroyed() && room.package().is_ok() {
                return oracle::verify_package(self.net.cast, &room);
            }
            drop(room);
            self.step();
        }
        panic!("there is no package");
    }
}

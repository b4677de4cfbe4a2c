//! Whatever a line is turned into: an answer, never a panic, and nothing kept of what is refused.

use super::common::{lines, prefix, refuse, rich};

/// A small generator; the same cases in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

fn mutated(dice: &mut Dice, line: &[u8], other: &[u8]) -> Vec<u8> {
    let mut out = line.to_vec();
    let at = dice.below(out.len());
    match dice.below(6) {
        0 => out[at] ^= 1 << dice.below(8),
        1 => {
            out.remove(at);
        }
        2 => out.insert(at, b"0\"{}[],:\\ \xff"[dice.below(11)]),
        3 => out.truncate(at),
        4 => out.extend_from_slice(other),
        _ => {
            let from = dice.below(other.len());
            out.splice(at.., other[from..].iter().copied());
        }
    }
    out
}

#[test]
fn a_changed_line_is_refused_or_gives_another_root() {
    let lines = lines();
    let mut dice = Dice(20_270_115);
    let mut replay = prefix(0);
    let mut taken = 0;
    for (at, line) in lines.iter().enumerate() {
        for _ in 0..24 {
            let changed = mutated(&mut dice, line, &lines[dice_other(&lines, at)]);
            if changed == *line {
                continue;
            }
            let (head, state) = (replay.log().head(), replay.state().clone());
            if replay.ingest(&changed).is_ok() {
                // A title, a root, a time: the procedure allows it, so only the root tells.
                let size = u64::try_from(at).unwrap() + 1;
                assert_ne!(replay.log().root_at(size), rich().log.root_at(size));
                taken += 1;
                replay = prefix(at);
            }
            assert_eq!(replay.log().head(), head);
            assert_eq!(*replay.state(), state);
        }
        replay.ingest(line).unwrap();
    }
    assert_eq!(*replay.state(), rich().state);
    assert!(taken < lines.len());
}

fn dice_other(lines: &[Vec<u8>], at: usize) -> usize {
    (at * 7 + 3) % lines.len()
}

#[test]
fn a_bit_of_any_signed_byte_is_noticed() {
    let lines = lines();
    let mut replay = prefix(0);
    for line in &lines {
        // The command with its signature stands at the end of a line.
        let text = std::str::from_utf8(line).unwrap();
        if let Some(start) = text.find(",\"cmd\":") {
            for at in (start..line.len()).step_by(211) {
                let mut changed = line.clone();
                changed[at] ^= 1;
                refuse(&mut replay, &changed);
            }
        }
        replay.ingest(line).unwrap();
    }
}

#[test]
fn what_is_no_line_is_refused() {
    let mut replay = prefix(0);
    let deep = [b"{\"i\":".as_slice(), &b"[".repeat(5_000)].concat();
    let huge = b" ".repeat(9 * 1024 * 1024);
    for line in [b"".as_slice(), b"{}", b"null", b"\xef\xbb\xbf{}", b"\xff", &deep, &huge] {
        refuse(&mut replay, line);
    }
    let twice = [lines()[0].as_slice(), b"\n"].concat();
    refuse(&mut replay, &twice);
}

//! DER values as trees, so that they can be changed without a wrong length around the change: a
//! mutator that knows no structure spends nearly all its tries on lengths.

/// Deepest nesting that is taken apart; what lies deeper stays as it is.
const DEPTH_MAX: usize = 32;

/// Tags that a changed value may get.
const TAGS: [u8; 14] =
    [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x17, 0x18, 0x30, 0x31, 0x80, 0xa0, 0xa1];

/// One value.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Node {
    tag: u8,
    content: Content,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Content {
    Octets(Vec<u8>),
    /// Values, also those in an OCTET STRING or, after the octet `unused`, in a BIT STRING.
    Values {
        unused: bool,
        list: Vec<Node>,
    },
}

/// The same values but for one change that the seed determines; `None` if the bytes are not DER
/// values one after another.
pub fn mutate_der(bytes: &[u8], seed: u32) -> Option<Vec<u8>> {
    let mut values = read(bytes, 0).filter(|values| !values.is_empty())?;
    let mut dice = Dice(u64::from(seed) << 1 | 1);
    for _ in 0..=dice.below(3) {
        change(&mut values, &mut dice)?;
    }
    Some(write(&values))
}

/// The values that the bytes are made of, one after another.
fn read(mut bytes: &[u8], depth: usize) -> Option<Vec<Node>> {
    let mut out = Vec::new();
    while let [tag, rest @ ..] = bytes {
        let (length, rest) = length(rest)?;
        let (value, rest) = rest.split_at_checked(length)?;
        if tag & 0x1f == 0x1f {
            return None;
        }
        out.push(Node { tag: *tag, content: content(*tag, value, depth) });
        bytes = rest;
    }
    Some(out)
}

fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    match bytes {
        [short @ 0..=0x7f, rest @ ..] => Some((usize::from(*short), rest)),
        [first @ 0x81..=0x84, rest @ ..] => {
            let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let value = octets.iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet));
            let shortest = value >= 0x80 && octets.first() != Some(&0);
            shortest.then_some((value, rest))
        }
        _ => None,
    }
}

fn content(tag: u8, value: &[u8], depth: usize) -> Content {
    let (unused, inner) = match (tag, value) {
        (0x03, [0, inner @ ..]) => (true, inner),
        _ => (false, value),
    };
    let may = tag & 0x20 != 0 || matches!(tag, 0x03 | 0x04) && !inner.is_empty();
    let list = if may && depth < DEPTH_MAX { read(inner, depth + 1) } else { None };
    match list {
        Some(list) => Content::Values { unused, list },
        None => Content::Octets(value.to_vec()),
    }
}

fn write(values: &[Node]) -> Vec<u8> {
    let mut out = Vec::new();
    for value in values {
        let content = match &value.content {
            Content::Octets(octets) => octets.clone(),
            Content::Values { unused, list } => {
                let mut content = if *unused { vec![0] } else { Vec::new() };
                content.extend(write(list));
                content
            }
        };
        out.push(value.tag);
        let octets = content.len().to_be_bytes();
        let zeros = octets.iter().take_while(|octet| **octet == 0).count();
        match octets.get(zeros..) {
            None | Some([]) => out.push(0),
            Some([short @ 0..0x80]) => out.push(*short),
            Some(long) => {
                out.push(0x80 | u8::try_from(long.len()).unwrap_or(0));
                out.extend_from_slice(long);
            }
        }
        out.extend(content);
    }
    out
}

/// The number of values at all depths.
fn count(values: &[Node]) -> usize {
    let inside = |value: &Node| match &value.content {
        Content::Octets(_) => 0,
        Content::Values { list, .. } => count(list),
    };
    values.iter().map(|value| 1 + inside(value)).sum()
}

/// The list that holds value number `number`, counted from the first downwards, and its place there.
fn find(values: &mut Vec<Node>, number: usize) -> Option<(&mut Vec<Node>, usize)> {
    let mut left = number;
    let mut hit = None;
    for (place, value) in values.iter().enumerate() {
        let size = count(std::slice::from_ref(value));
        if left < size {
            hit = Some((place, left));
            break;
        }
        left -= size;
    }
    let (place, left) = hit?;
    if left == 0 {
        return Some((values, place));
    }
    match &mut values.get_mut(place)?.content {
        Content::Octets(_) => None,
        Content::Values { list, .. } => find(list, left - 1),
    }
}

/// One change somewhere.
fn change(values: &mut Vec<Node>, dice: &mut Dice) -> Option<()> {
    let all = count(values);
    let other = {
        let (list, place) = find(values, dice.below(all))?;
        list.get(place)?.clone()
    };
    let (list, place) = find(values, dice.below(all))?;
    match dice.below(8) {
        0 if list.len() > 1 => drop(list.remove(place)),
        1 => list.insert(place, other),
        2 => *list.get_mut(place)? = other,
        3 => {
            let second = dice.below(list.len());
            list.swap(place, second);
        }
        4 => {
            let twin = list.get(place)?.clone();
            list.insert(place, twin);
        }
        5 => list.get_mut(place)?.tag = *TAGS.get(dice.below(TAGS.len()))?,
        6 => {
            let inner = list.get(place)?.clone();
            let content = Content::Values { unused: false, list: vec![inner] };
            *list.get_mut(place)? = Node { tag: 0x30, content };
        }
        _ => octets(list.get_mut(place)?, dice),
    }
    Some(())
}

/// Another content of a value that holds no others.
fn octets(value: &mut Node, dice: &mut Dice) {
    let Content::Octets(octets) = &mut value.content else {
        value.content = Content::Octets(Vec::new());
        return;
    };
    let place = dice.below(octets.len().max(1));
    match (dice.below(5), octets.get_mut(place)) {
        (0 | 1, Some(octet)) => *octet ^= 1 << dice.below(8),
        (2, Some(octet)) => *octet = if dice.below(2) == 0 { 0 } else { 0xff },
        (3, Some(_)) => drop(octets.remove(place)),
        _ => octets.insert(place, u8::try_from(dice.below(256)).unwrap_or(0)),
    }
}

/// Numbers that a seed determines (xorshift).
struct Dice(u64);

impl Dice {
    /// A number from 0 to `end - 1`; 0 if there is none.
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let end = u64::try_from(end.max(1)).unwrap_or(1);
        usize::try_from((self.0 >> 11) % end).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `SEQUENCE { INTEGER 1, OCTET STRING { NULL }, BIT STRING { SEQUENCE {} } }`.
    const SAMPLE: [u8; 14] = [0x30, 12, 2, 1, 1, 4, 2, 5, 0, 3, 3, 0, 0x30, 0];

    #[test]
    fn what_is_taken_apart_is_put_together_alike() {
        let values = read(&SAMPLE, 0).unwrap();
        assert_eq!((write(&values).as_slice(), count(&values)), (SAMPLE.as_slice(), 6));
        let two = [SAMPLE, SAMPLE].concat();
        assert_eq!(write(&read(&two, 0).unwrap()), two);
        let long = [&[4, 0x82, 1, 0][..], &[0xff; 256]].concat();
        assert_eq!(write(&read(&long, 0).unwrap()), long);
    }

    #[test]
    fn other_bytes_are_not_taken_apart() {
        for bytes in
            [&b"{}"[..], &[], &[0x30], &[0x30, 0x80, 0, 0], &[0x30, 0x81, 1, 0], &[0x1f, 0]]
        {
            assert_eq!(mutate_der(bytes, 1), None, "{bytes:02x?}");
        }
    }

    #[test]
    fn changes_have_right_lengths_and_repeat_with_their_seed() {
        let changed: Vec<_> = (0..200).filter_map(|seed| mutate_der(&SAMPLE, seed)).collect();
        assert_eq!(changed.len(), 200);
        assert!(changed.iter().all(|bytes| read(bytes, 0).is_some()));
        assert!(changed.iter().filter(|bytes| bytes.as_slice() != SAMPLE).count() > 150);
        assert_eq!(mutate_der(&SAMPLE, 7), mutate_der(&SAMPLE, 7));
    }
}

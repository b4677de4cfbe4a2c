//! File names of a package: safe on every file system, one spelling each.

use crate::limits::NAME_MAX;

/// Letters, digits, dot, low line, hyphen in one or more segments between single slashes; no
/// segment is `.` or `..`.
pub(crate) fn is_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/');
    let segment = |s: &str| !s.is_empty() && s != "." && s != "..";
    name.len() <= NAME_MAX && name.bytes().all(allowed) && name.split('/').all(segment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names() {
        for good in ["mimetype", "META-INF/a.xml", "bids/91990000KB0003119U-1/price.sealed", "..x"]
        {
            assert!(is_name(good), "{good}");
        }
        for bad in [
            "", "/x", "x/", "a//b", "../x", "a/../b", "a/.", ".", "a\\b", "a b", "价", "a\0", "C:x",
        ] {
            assert!(!is_name(bad), "{bad:?}");
        }
        assert!(is_name(&"a".repeat(NAME_MAX)) && !is_name(&"a".repeat(NAME_MAX + 1)));
    }
}

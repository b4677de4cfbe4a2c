//! Writes the seeds of all targets as a first corpus, if asked to.

use kaibiao_fuzz::TARGETS;
use kaibiao_testkit::fixtures;
use ring::digest::{SHA256, digest};

/// `KAIBIAO_WRITE=1 cargo test -p kaibiao-fuzz --test corpus_seeds` adds the seeds to the corpora.
#[test]
fn seeds_have_names_of_their_own() {
    for target in TARGETS {
        let folder = fixtures().join("corpus").join(target.name);
        let mut names = std::collections::BTreeSet::new();
        for seed in (target.seeds)() {
            let hash = digest(&SHA256, &seed);
            let start: [u8; 8] = hash.as_ref()[..8].try_into().unwrap();
            let name = format!("{:016x}", u64::from_be_bytes(start));
            // A whole package is made anew by every process, and is no small input.
            let small = seed.len() <= 65_536;
            if small && std::env::var_os("KAIBIAO_WRITE").is_some() {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(folder.join(&name), &seed).unwrap();
            }
            names.insert(name);
        }
        assert!(!names.is_empty(), "{} has no seed", target.name);
    }
}

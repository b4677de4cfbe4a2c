//! One libFuzzer program for all targets; `KAIBIAO_FUZZ_TARGET` names the one to run.
#![no_main]

use std::sync::LazyLock;

use kaibiao_fuzz::{Target, mutate_der, target};

static TARGET: LazyLock<&'static Target> = LazyLock::new(|| {
    let name = std::env::var("KAIBIAO_FUZZ_TARGET").expect("KAIBIAO_FUZZ_TARGET names a target");
    target(&name).unwrap_or_else(|| panic!("no target is named {name}"))
});

/// Adds the seeds of the target to the folder that `KAIBIAO_FUZZ_SEEDS` names, before libFuzzer
/// reads it.
fn write_seeds() {
    let Some(folder) = std::env::var_os("KAIBIAO_FUZZ_SEEDS") else { return };
    for (number, seed) in (TARGET.seeds)().into_iter().enumerate() {
        let path = std::path::Path::new(&folder).join(format!("seed-{number}"));
        std::fs::write(path, seed).expect("the seeds are written");
    }
}

libfuzzer_sys::fuzz_target!(init: write_seeds(), |data: &[u8]| (TARGET.run)(data));

// What is DER is changed as such every other time, with right lengths around the change.
libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let der = data.get(..size).filter(|_| seed % 2 == 0);
    let changed = der.and_then(|der| mutate_der(der, seed / 2));
    match changed.filter(|changed| changed.len() <= max_size) {
        Some(changed) => {
            data[..changed.len()].copy_from_slice(&changed);
            changed.len()
        }
        None => libfuzzer_sys::fuzzer_mutate(data, size, max_size),
    }
});

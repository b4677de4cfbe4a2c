//! When a custodian may release: replay of the opening log and the release rules, without input or output.

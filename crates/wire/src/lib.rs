//! Messages between programs: HTTP bodies, room frames, problem labels, exit codes.

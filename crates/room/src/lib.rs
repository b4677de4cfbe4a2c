//! One task per opening: input, decide, durable append, apply, effects, broadcast.

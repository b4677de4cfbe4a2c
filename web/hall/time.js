// Instants are UTC milliseconds; the page always shows Beijing time (UTC+8, no summer time).

const BEIJING = 8 * 3_600_000;

const two = (number) => String(number).padStart(2, "0");

/** `14:31:05` */
export function clock(ms) {
  const at = new Date(ms + BEIJING);
  return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
}

/** `2026-11-21` */
export function date(ms) {
  return new Date(ms + BEIJING).toISOString().slice(0, 10);
}

/** `2026-11-21 14:00:00` */
export function dateTime(ms) {
  return `${date(ms)} ${clock(ms)}`;
}

/** The time left, rounded up to whole seconds so that 0 means reached: `03:12`, `1:03:12`, days apart. */
export function left(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor(seconds / 3600) % 24;
  const tail = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return { days, text: days > 0 || hours > 0 ? `${two(hours)}:${tail}` : tail, seconds };
}

const KEEP = 8; // samples held
const FRESH = 90_000; // ms after which the last sample no longer counts as synchronised
const SLOW = 1_000; // ms of round trip above which the offset is not trusted

/**
 * The hall's clock as seen from here. `local` is a monotonic reading in ms (`performance.now()`), so
 * a change of the machine's wall clock does nothing.
 */
export class HallClock {
  #samples = [];

  /** One-way stamp (hello, heartbeat): it is late by the transit time, so the largest offset is best. */
  stamp(now, local) {
    this.#add({ offset: now - local, error: SLOW / 2, local });
  }

  /** Round trip: the true offset lies within half the round trip of the middle. */
  ping(now, sent, received) {
    this.#add({ offset: now - (sent + received) / 2, error: (received - sent) / 2, local: received });
  }

  #add(sample) {
    if (Number.isFinite(sample.offset)) this.#samples = [...this.#samples.slice(1 - KEEP), sample];
  }

  /** The hall's time at a local reading; null before the first sample. */
  at(local) {
    const best = this.#best();
    return best ? local + best.offset : null;
  }

  /** `synced`, `slow` (round trips above one second) or `none` (no sample, or none lately). */
  state(local) {
    const last = this.#samples[this.#samples.length - 1];
    if (!last || local - last.local > FRESH) return "none";
    return this.#best().error > SLOW / 2 ? "slow" : "synced";
  }

  #best() {
    let best = null;
    for (const sample of this.#samples) {
      const better = best && (sample.error < best.error
        || (sample.error === best.error && sample.offset > best.offset));
      if (!best || better) best = sample;
    }
    return best;
  }
}

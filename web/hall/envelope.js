// Envelopes (信封) of a lot: which one is being opened, what its sheets name, and who takes part. Pure.

/** How many envelopes a bid of this lot has. */
export function countOf(lot) {
  return (lot.envelopes?.length ?? 0) + 1;
}

/** What the tender file says of one envelope. The last one is the lot's own; it bears no title. */
export function envelopeAt(lot, stage) {
  return lot.envelopes?.[stage - 1] ?? { title: null, fields: lot.fields, steps: lot.steps };
}

/** Whether another envelope follows the present one. */
export function isFollowed(state) {
  return state.lot !== null && state.stage < countOf(state.lot);
}

/** Whether a sheet of this envelope names a price: it stands first. */
export function isPriced({ lot, stage }) {
  const [first] = lot ? envelopeAt(lot, stage).fields : [];
  return first?.key === "price" && first.type === "money";
}

/** The read-out fields of the present envelope without the price. */
export function otherFields(state) {
  const { fields } = envelopeAt(state.lot, state.stage);
  return isPriced(state) ? fields.slice(1) : fields;
}

/** The current bids that take part in the present envelope: all of them, then only those that passed. */
export function currentBids(state) {
  const current = (state.frozen?.bids ?? []).filter((bid) => bid.status === "current");
  const before = state.earlier.at(-1);
  return before ? current.filter((bid) => before.passed.includes(bid.bidder.code)) : current;
}

/** The current bids whose envelopes from the present one on stay sealed for good. */
export function keptBids(state) {
  const here = currentBids(state);
  return (state.frozen?.bids ?? []).filter((bid) => bid.status === "current" && !here.includes(bid));
}

// SPDX-License-Identifier: Apache-2.0
// What became of a record's sending, in the terms of Book.settle().

/** A sending that certainly was not billed: what was known before still holds. */
export const notBilled = (record, reason, alert) =>
  ({ record, state: record.doubt ? 'unknown' : 'pending', reason, alert });

/** A sending of which nobody knows. */
export const unclear = (record, reason, alert) => ({ record, state: 'unknown', doubt: true, reason, alert });

/**
 * Refused for good. If an earlier attempt was left without a reply it may have been billed before, and
 * then "rejected" would be a lie: a person has to look.
 */
export function refused(record, reason) {
  const what = `usage ${record.usages.join(', ')} was refused: ${reason}`;
  return record.doubt
    ? unclear(record, reason, `${what}; an earlier attempt may have been billed: compare with the bill`)
    : { record, state: 'rejected', reason, alert: `${what}; it is not billed` };
}

/** Sent no more by itself: a person decides. */
export const held = (record, reason, alert) => ({ ...unclear(record, reason, alert), held: true });

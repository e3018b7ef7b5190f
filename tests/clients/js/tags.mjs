// SPDX-License-Identifier: Apache-2.0
// Vendor-metered tagging: how the quantity of one record is split by tags. AWS takes at most 2500
// allocations of a record, each with its own set of at most five tags of a limited alphabet, and whole
// quantities that add up to the record's. Usage may bring anything: what AWS would refuse is replaced or
// left out here, always in the same way, and the usage is billed all the same.

const MAX_ALLOCATIONS = 2500;
const MAX_TAGS = 5;
const MAX_KEY = 100;
const MAX_VALUE = 256;
const NOT_TAKEN = /[^a-zA-Z0-9+ \-=._:/@]/gu;
const UNTAGGED = '[]';
const NOTHING = 1e-6; // what decimal fractions leave: 3.3 + 3.3 + 3.4 is 10

const cleaned = (text, limit) => text.replace(NOT_TAKEN, '_').slice(0, limit);

// Sorted, so that a set of tags is always written in one way.
function clean(tags) {
  const taken = new Map(
    Object.entries(tags)
      .filter(([key, value]) => key !== '' && value !== '')
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [cleaned(key, MAX_KEY), cleaned(value, MAX_VALUE)]),
  );
  return [...taken].slice(0, MAX_TAGS);
}

const put = (buckets, key, quantity) => buckets.set(key, (buckets.get(key) ?? 0) + quantity);

/** Adds usage to the buckets of its record; what its parts leave of the quantity bears no tags. */
export function addTags(buckets, { quantity, tags: parts = [] }) {
  let left = quantity;
  for (const part of parts) {
    const key = JSON.stringify(clean(part.tags ?? {}));
    const isBeyond = !buckets.has(key) && buckets.size >= MAX_ALLOCATIONS - 1;
    put(buckets, isBeyond ? UNTAGGED : key, part.quantity);
    left -= part.quantity;
  }
  if (left > NOTHING) {
    put(buckets, UNTAGGED, left);
  }
}

// Whole numbers with that sum: each share loses its fraction, and those that lose most win back what
// is missing then.
function whole(shares, total) {
  const floors = shares.map((share) => Math.floor(share + NOTHING));
  const missing = total - floors.reduce((sum, share) => sum + share, 0);
  const poorest = shares.map((share, i) => [i, share - floors[i]]).sort((a, b) => b[1] - a[1]);
  for (const [i] of poorest.slice(0, Math.max(0, missing))) {
    floors[i] += 1;
  }
  return floors;
}

/** The UsageAllocations of a record of that quantity. */
export function allocationsOf(buckets, quantity) {
  const shares = whole([...buckets.values()], quantity);
  return [...buckets.keys()].map((key, i) => {
    const tags = JSON.parse(key).map(([Key, Value]) => ({ Key, Value }));
    return { AllocatedUsageQuantity: shares[i], ...(tags.length > 0 && { Tags: tags }) };
  });
}

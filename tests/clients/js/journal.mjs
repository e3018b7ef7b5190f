// SPDX-License-Identifier: Apache-2.0
// The durable side of a metering integration: an append-only file of what happened, synced before
// anything is said or sent, and the state that follows from reading it.
//
// Usage of one key (product, buyer, dimension, hour) gathers in one record until that record is
// frozen, right before its first sending. A frozen record never changes: sent twice, it is billed
// once.

import fs from "node:fs";
import path from "node:path";

export const HOUR_S = 3600;
export const FINAL = new Set(["metered", "rejected"]);

export class Journal {
  #fd;
  /** Every record, by number. */
  records = [];
  /** Usage id to record, in the order of arrival. */
  usages = new Map();
  #byKey = new Map();

  constructor(directory) {
    const file = path.join(directory, "metering.jsonl");
    this.#fd = fs.openSync(file, "a+", 0o600);
    const bytes = fs.readFileSync(file);
    // A kill can cut the last line in half. It was never acknowledged, so it is cut off.
    const whole = bytes.lastIndexOf(0x0a) + 1;
    fs.ftruncateSync(this.#fd, whole);
    for (const line of bytes.subarray(0, whole).toString("utf8").split("\n")) {
      if (line !== "") this.#apply(JSON.parse(line));
    }
    // What was frozen and has no last word may have been on the wire at the kill.
    for (const record of this.records) {
      if (record.frozen && !FINAL.has(record.state)) {
        Object.assign(record, { inDoubt: true, state: "unknown", reason: "sent before a restart" });
      }
    }
    syncDirectory(directory);
  }

  /** Writes what happened, waits for the disk, and only then believes it. */
  #append(...events) {
    if (events.length === 0) return;
    const text = events.map((event) => `${JSON.stringify(event)}\n`).join("");
    fs.writeSync(this.#fd, text);
    fs.fdatasyncSync(this.#fd);
    events.forEach((event) => this.#apply(event));
  }

  #apply(event) {
    switch (event.event) {
      case "usage":
        return this.#applyUsage(event);
      case "frozen":
        return event.records.forEach((number) => (this.records[number].frozen = true));
      case "doubt":
        return event.records.forEach((number) => (this.records[number].inDoubt = true));
      case "final":
        return Object.assign(this.records[event.record], {
          state: event.state, meteringId: event.meteringId, reason: event.reason,
        });
      default:
        throw new Error(`the journal holds an event "${event.event}" of a later version`);
    }
  }

  #applyUsage({ id, product, buyer, dimension, quantity, tags, hour }) {
    const key = JSON.stringify([product, buyer, dimension, hour]);
    const sameKey = this.#byKey.get(key) ?? [];
    this.#byKey.set(key, sameKey);
    let record = sameKey.find((candidate) => !candidate.frozen);
    if (record === undefined) {
      record = {
        number: this.records.length, product, buyer, dimension, hour, quantity: 0,
        buckets: new Map(), sameKey, frozen: false, inDoubt: false, held: false, state: "pending",
      };
      this.records.push(record);
      sameKey.push(record);
    }
    record.quantity += quantity;
    fillBuckets(record.buckets, quantity, tags ?? []);
    this.usages.set(id, record);
  }

  /** Books usage; the same id twice is one usage. Gives its record. */
  take(usage) {
    if (!this.usages.has(usage.id)) this.#append({ event: "usage", ...usage });
    return this.usages.get(usage.id);
  }

  /** Whether another record of the key went out before and was not certainly refused: AWS bills the
   * first record of a key only. */
  isLate(record) {
    const before = record.sameKey.filter((other) => other.number < record.number);
    return before.some((other) => other.state !== "rejected");
  }

  /** What may be sent at that time: hours that are over, oldest first. */
  due(now) {
    return this.records
      .filter((record) => !FINAL.has(record.state) && !record.held &&
        record.hour + HOUR_S <= now && !this.isLate(record))
      .sort((a, b) => a.hour - b.hour);
  }

  freeze(records) {
    const fresh = records.filter((record) => !record.frozen);
    if (fresh.length > 0) this.#append({ event: "frozen", records: fresh.map((r) => r.number) });
  }

  /** A sending of these may have been executed. Doubt is for ever: no later refusal removes it. */
  doubt(records) {
    const fresh = records.filter((record) => !record.inDoubt);
    if (fresh.length > 0) this.#append({ event: "doubt", records: fresh.map((r) => r.number) });
  }

  /** The last words of some records: [{record, state, meteringId?, reason?}], with one wait. */
  conclude(outcomes) {
    this.#append(...outcomes.map(({ record, ...rest }) =>
      ({ event: "final", record: record.number, ...rest })));
  }

  usagesOf(record) {
    return [...this.usages].filter(([, of]) => of === record).map(([id]) => id);
  }
}

/** Without this a new file's name may not outlive a power cut. */
function syncDirectory(directory) {
  const fd = fs.openSync(directory, "r");
  fs.fsyncSync(fd);
  fs.closeSync(fd);
}

/** AWS wants each set of tags once, and the buckets' sum to be the record's quantity. */
function fillBuckets(buckets, quantity, tags) {
  let rest = quantity;
  const add = (name, more) => buckets.set(name, (buckets.get(name) ?? 0) + more);
  for (const part of tags) {
    add(JSON.stringify(Object.entries(part.tags ?? {}).sort()), part.quantity);
    rest -= part.quantity;
  }
  if (rest > 0) add("[]", rest);
}

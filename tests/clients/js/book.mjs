// SPDX-License-Identifier: Apache-2.0
// The book: which usage there is, which record of which hour it goes into, and what became of it.
//
// The service bills ONE record per customer, dimension and hour, and the first one wins: a second
// one of another quantity is refused as a duplicate, and the difference is never paid. Hence usage is
// added up per key until the key is first sent; from then on the record is frozen, written down
// before the request leaves, and every later sending is identical, timestamp included. (A record that
// is stamped anew when it is sent again may fall into another hour, and is billed twice.)
//
// The book changes only by events, each written to the journal before it counts, so that a restart
// arrives at the same book by reading them again.

import { randomUUID } from 'node:crypto';
import { addTags, allocationsOf } from './tags.mjs';

const HOUR_MS = 3_600_000;
const MAX_QUANTITY = 2_147_483_647; // UsageRecord.Quantity is a 32-bit integer

export const isFinal = (state) => state === 'metered' || state === 'rejected';
export const hourOf = (ms) => Math.floor(ms / HOUR_MS) * HOUR_MS;

// Sellers on CustomerIdentifier name the product once per call; since Concurrent Agreements
// (June 2026) each record names the buyer's account and licence, and the call bears no product code:
// both together are billed twice. CustomerIdentifier and CustomerAWSAccountId exclude each other.
function payerOf({ product, customer }) {
  if (customer?.identifier) {
    return { product, code: product, members: { CustomerIdentifier: customer.identifier } };
  }
  if (customer?.account && customer.license) {
    const members = { CustomerAWSAccountId: customer.account, LicenseArn: customer.license };
    return { product, code: undefined, members };
  }
  return customer?.account
    ? { product, code: product, members: { CustomerAWSAccountId: customer.account } }
    : null;
}

// Why this usage cannot be put into a record as it stands, or null. Nothing is rounded or cut here:
// what is owed is for an operator to settle.
function problemOf(usage, payer) {
  if (payer === null || (payer.code === undefined && !payer.members.LicenseArn)) {
    return 'the customer or the product is missing';
  }
  if (typeof usage.dimension !== 'string' || usage.dimension === '') {
    return 'the dimension is missing';
  }
  if (!Number.isInteger(usage.quantity) || usage.quantity < 0 || usage.quantity > MAX_QUANTITY) {
    return 'the quantity is not an integer from 0 to 2147483647';
  }
  return Number.isFinite(Date.parse(usage.at)) ? null : 'the time is not readable';
}

const keyOf = (usage, payer, hour) =>
  JSON.stringify([payer.product ?? null, payer.members, usage.dimension, hour]);

class UsageRecord {
  wire = null; // the frozen record as it is sent, Timestamp in whole seconds; null while it grows
  state = 'pending';
  reason = 'not sent yet';
  recordId = undefined; // MeteringRecordId
  held = false; // sent no more by itself: a person decides
  doubt = false; // an attempt may have been billed although no reply says so
  inFlight = false;
  outages = 0; // in this run only
  usages = [];
  #quantity = 0;
  #latest = 0; // ms
  #buckets = new Map();
  #tagged = false;

  constructor(key, payer, dimension, hour) {
    const { product, code, members, isCaller = false } = payer;
    Object.assign(this, { key, product, code, members, isCaller, dimension, hour });
  }

  hasRoomFor(usage) {
    return this.#quantity + usage.quantity <= MAX_QUANTITY;
  }

  add(usage) {
    this.usages.push(usage.id);
    this.#quantity += usage.quantity;
    this.#latest = Math.max(this.#latest, Date.parse(usage.at));
    this.#tagged ||= usage.tags !== undefined;
    addTags(this.#buckets, usage);
  }

  addNothing(hour) {
    this.#latest = hour;
  }

  get timestampMs() {
    return this.#latest;
  }

  // Any moment within the hour names the key. The latest one is certainly not before the customer's
  // subscription began, and is the last to fall out of the service's window.
  frozen() {
    return this.wire ?? {
      Timestamp: Math.floor(this.#latest / 1000),
      ...(this.isCaller ? this.#ofCaller() : this.#ofCustomer()),
      ...(this.#tagged && { UsageAllocations: allocationsOf(this.#buckets, this.#quantity) }),
    };
  }

  // For BatchMeterUsage.
  #ofCustomer() {
    return { ...this.members, Dimension: this.dimension, Quantity: this.#quantity };
  }

  // For MeterUsage, with the token by which this report is known for ever.
  #ofCaller() {
    const ClientToken = randomUUID();
    return { ProductCode: this.code, UsageDimension: this.dimension, UsageQuantity: this.#quantity, ClientToken };
  }
}

export class Book {
  #journal;
  #voice;
  #subscriptions;
  #isCaller;
  #addsUp;
  #usages = new Map(); // id -> {record, held}: held is why it is in no record that will be sent
  #records = new Map();
  #said = new Map(); // id -> the state last said

  /**
   * voice.usage(word) and voice.alert(about, text) carry what is told to the outside. isCaller: the buyer
   * is the account whose credentials sign, and no record names it; addsUp: AWS adds up the reports of an
   * hour, as on AgentCore, so that no usage comes too late for its own.
   */
  constructor(journal, voice, subscriptions, events, { isCaller = false, addsUp = false } = {}) {
    this.#isCaller = isCaller;
    this.#addsUp = addsUp;
    this.#journal = journal;
    this.#voice = voice;
    this.#subscriptions = subscriptions;
    events.forEach((event) => this.#apply(event));
    for (const record of this.#records.values()) {
      if (record.inFlight) {
        // Stopped between the request and the reply: the service may have it, and shall get it again.
        this.#settle(record, { state: 'unknown', doubt: true, reason: 'stopped before the reply' });
      }
    }
  }

  /** Returns when the usage is safe. Usage with an id that is known already is not counted again. */
  take(usage) {
    if (this.#usages.has(usage.id)) {
      return;
    }
    this.#commit({ event: 'usage', usage });
    const { held, record } = this.#usages.get(usage.id);
    if (held) {
      this.#voice.alert([usage.id], `usage ${usage.id} is not reported: ${held}`);
    } else if (this.#subscriptions.isOver(record.members)) {
      this.#voice.alert([usage.id], `usage ${usage.id} is not reported: its customer does not subscribe`);
    }
    this.#say([usage.id]);
  }

  /**
   * What is to be sent at that moment, the oldest hours first: whatever was sent before and is not
   * final, and new records of hours that are over (or of every hour, with `everything`, and of buyers
   * whose subscription leaves no later chance; the running hour is closed by that). Those that ran into outages come last, lest they hold up all others.
   */
  due(nowMs, everything) {
    const limit = everything ? nowMs : hourOf(nowMs) - 1;
    const isDue = (r) => r.wire !== null || r.timestampMs <= limit || this.#subscriptions.isLastChance(r.members, nowMs);
    return [...this.#records.values()]
      .filter((r) => !isFinal(r.state) && !r.held && isDue(r) && this.#subscriptions.maySend(r.members, nowMs))
      .sort((a, b) => a.outages - b.outages || a.hour - b.hour);
  }

  /** A record of quantity 0 where the customer's hour has none; safe when this returns. */
  fill({ product, customer, hour, dimension }) {
    const payer = payerOf({ product, customer });
    const members = JSON.stringify(payer.members);
    if (![...this.#records.values()].some((r) => r.hour === hour && JSON.stringify(r.members) === members)) {
      this.#commit({ event: 'nothing', product, customer, hour, dimension });
    }
  }

  /** Freezes and writes down what is about to be sent; call it before each request. */
  beginSending(records) {
    const entries = records.map((r) => (r.wire ? { key: r.key } : { key: r.key, wire: r.frozen() }));
    this.#commit({ event: 'send', records: entries });
  }

  /** outcomes: [{record, state, reason, recordId?, doubt?, alert?}], of records that were sent. */
  settle(outcomes) {
    // Alerts go first: if we are killed here they are raised again, not forgotten.
    for (const { record, alert } of outcomes) {
      if (alert) {
        this.#voice.alert(record.usages, alert);
      }
    }
    this.#commit({
      event: 'outcome',
      outcomes: outcomes.map(({ record, state, reason, recordId, doubt, held }) =>
        ({ key: record.key, state, reason, recordId, doubt: doubt ?? record.doubt, held })),
    });
    this.#say(outcomes.flatMap(({ record }) => record.usages));
  }

  /** Says the state of every usage that is not final; with `all`, of every usage. */
  sayAll({ all = false } = {}) {
    for (const id of this.#usages.keys()) {
      const word = this.#word(id);
      if (all || !isFinal(word.state)) {
        this.#tell(word);
      }
    }
  }

  #commit(event) {
    this.#journal.append(event);
    this.#apply(event);
  }

  #apply(event) {
    switch (event.event) {
      case 'usage':
        this.#add(event.usage);
        break;
      case 'nothing':
        this.#addNothing(event);
        break;
      case 'send':
        for (const { key, wire } of event.records) {
          const record = this.#records.get(key);
          record.wire ??= wire;
          record.inFlight = true;
        }
        break;
      case 'outcome':
        event.outcomes.forEach((o) => this.#settle(this.#records.get(o.key), o));
        break;
      default:
        throw new Error(`the journal has an event of an unknown kind: ${event.event}`);
    }
  }

  #payerOf(usage) {
    const { product } = usage;
    return this.#isCaller ? { product, code: product, members: {}, isCaller: true } : payerOf(usage);
  }

  // The record of that key which still takes usage; one that was sent, if there is no other.
  #recordOf(usage, payer, hour) {
    const first = keyOf(usage, payer, hour);
    let key = first;
    for (let i = 2; this.#addsUp && this.#records.get(key)?.wire; i += 1) {
      key = `${first} ${i}`;
    }
    const record = this.#records.get(key) ?? new UsageRecord(key, payer, usage.dimension, hour);
    this.#records.set(key, record);
    return record;
  }

  #add(usage) {
    const payer = this.#payerOf(usage);
    const problem = problemOf(usage, payer);
    if (problem) {
      this.#usages.set(usage.id, { record: null, held: problem });
      return;
    }
    const record = this.#recordOf(usage, payer, hourOf(Date.parse(usage.at)));
    let held = null;
    if (record.wire !== null) {
      held = 'its hour was already reported, and the service takes one record an hour';
    } else if (!record.hasRoomFor(usage)) {
      held = 'the quantity of its hour would exceed 2147483647';
    } else {
      record.add(usage);
    }
    this.#usages.set(usage.id, { record, held });
  }

  #addNothing({ product, customer, hour, dimension }) {
    const payer = payerOf({ product, customer });
    const key = keyOf({ dimension }, payer, hour);
    const record = new UsageRecord(key, payer, dimension, hour);
    record.addNothing(hour);
    this.#records.set(key, record);
  }

  #settle(record, { state, reason, recordId, doubt, held = false }) {
    Object.assign(record, { state, reason, recordId, doubt, held, inFlight: false });
  }

  #word(id) {
    const { record, held } = this.#usages.get(id);
    if (held) {
      return { id, state: 'pending', reason: held };
    }
    const { state, reason, recordId } = record;
    return { id, state, ...(recordId && { record: recordId }), ...(reason && { reason }) };
  }

  #say(ids) {
    for (const word of ids.map((id) => this.#word(id))) {
      if (this.#said.get(word.id) !== word.state) {
        this.#tell(word);
      }
    }
  }

  #tell(word) {
    this.#said.set(word.id, word.state);
    this.#voice.usage(word);
  }
}

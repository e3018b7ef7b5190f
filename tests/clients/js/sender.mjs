// SPDX-License-Identifier: Apache-2.0
// The sender takes what is due from the book, puts it into calls and judges each record by the reply.
// It never decides by the HTTP status alone: a reply of 200 can hold records that were not processed,
// records that were refused, and nothing at all.
import { setTimeout as sleep } from 'node:timers/promises';
import { hourOf } from './book.mjs';
import { notBilled, refused, unclear } from './outcome.mjs';

const MAX_RECORDS = 25;
const MAX_BYTES = 900_000; // a call must stay below 1 MB; the rest is for what stands around the records
const QUICK_RETRIES_MS = [100, 300, 800]; // for unprocessed records; then at the next sweep
const MAX_OUTAGES = 2; // calls in a row, then the sweep ends: what is down is not helped by more calls

const shareOfPayer = (wire) => [wire.CustomerIdentifier, wire.CustomerAWSAccountId, wire.LicenseArn];

// The service echoes the record. Its time is compared by the hour, as the service itself does: a key
// is in a batch only once, so nothing else can be meant.
function isSameKey(wire, echo) {
  return echo?.Timestamp instanceof Date
    && hourOf(echo.Timestamp.getTime()) === hourOf(wire.Timestamp * 1000)
    && echo.Dimension === wire.Dimension
    && shareOfPayer(wire).every((value, i) => value === undefined || value === shareOfPayer(echo)[i]);
}

const isSame = (wire, echo) => isSameKey(wire, echo) && echo.Quantity === wire.Quantity;

const listOf = (value) => (Array.isArray(value) ? value : []);

// Licences name their product themselves, yet those of two products do not go together either.
function byProduct(records) {
  const groups = new Map();
  for (const record of records) {
    const key = JSON.stringify([record.product, record.code ?? null]);
    const group = groups.get(key) ?? [];
    group.push(record);
    groups.set(key, group);
  }
  return [...groups.values()];
}

// Calls of one product each, at most 25 records and MAX_BYTES, in the order of the records.
function* inBatches(records) {
  for (const group of byProduct(records)) {
    let batch = [];
    let bytes = 0;
    for (const record of group) {
      const size = Buffer.byteLength(JSON.stringify(record.frozen())) + 1;
      if (batch.length === MAX_RECORDS || (batch.length > 0 && bytes + size > MAX_BYTES)) {
        yield batch;
        batch = [];
        bytes = 0;
      }
      batch.push(record);
      bytes += size;
    }
    yield batch;
  }
}

// By Results[].Status. A status that we do not know says nothing: it is never taken for success.
const BY_STATUS = {
  Success: (record, result) =>
    ({ record, state: 'metered', doubt: false, recordId: result.MeteringRecordId }),
  CustomerNotSubscribed: (record) => refused(record, 'CustomerNotSubscribed'),
  // Not "it has been billed already": a repetition of the identical record is answered with Success.
  // Something else of this hour is billed, and the difference will not be.
  DuplicateRecord: (record) =>
    unclear(record, 'DuplicateRecord', `another record is billed for the hour of ${record.usages.join(', ')}`),
};

function judgeRecord(record, output) {
  const results = listOf(output.Results).filter((r) => isSameKey(record.wire, r.UsageRecord));
  const isUnprocessed = listOf(output.UnprocessedRecords).some((r) => isSame(record.wire, r));
  if (isUnprocessed && results.length === 0) {
    return { ...notBilled(record, 'unprocessed'), again: true };
  }
  const [result] = results;
  if (results.length !== 1 || isUnprocessed) {
    return unclear(record, results.length === 0 ? 'the reply has no result for it' : 'contradictory results');
  }
  if (!isSame(record.wire, result.UsageRecord)) {
    return unclear(record, 'the result is of another quantity', 'a result is of another quantity than was sent');
  }
  const judge = Object.hasOwn(BY_STATUS, result.Status) ? BY_STATUS[result.Status] : null;
  return judge ? judge(record, result) : unclear(record, `unknown status ${result.Status}`);
}

export class Sender {
  #book;
  #metering;
  #stopping;

  constructor(book, metering, stopping) {
    this.#book = book;
    this.#metering = metering;
    this.#stopping = stopping;
  }

  /** Sends what is due, once round. limitMs bounds each call, its repetitions by the SDK included. */
  async sweep(nowMs, { everything, limitMs }) {
    const run = { limitMs, outages: 0, isOver: false, stoppedProducts: new Set() };
    for (const batch of inBatches(this.#book.due(nowMs, everything))) {
      await this.#deliver(batch, run);
    }
  }

  // Until nothing of the batch is unprocessed, or patience ends.
  async #deliver(batch, run) {
    let left = batch;
    for (const pause of [...QUICK_RETRIES_MS, null]) {
      if (run.isOver || this.#stopping.aborted || run.stoppedProducts.has(batch[0].product)) {
        return;
      }
      left = await this.#call(left, run);
      if (left.length === 0 || pause === null) {
        return;
      }
      await sleep(pause * (0.5 + Math.random() / 2)); // jitter: not all programs at once
    }
  }

  // One call. Returns the records that are to be sent again at once.
  async #call(batch, run) {
    this.#book.beginSending(batch);
    const wires = batch.map((record) => record.wire);
    const { output, failure, doubt } = await this.#metering.batchMeterUsage(batch[0].code, wires, run.limitMs);
    batch.forEach((record) => { record.doubt ||= doubt; });
    if (failure) {
      await this.#onFailure(batch, failure, run);
      return [];
    }
    run.outages = 0;
    const outcomes = batch.map((record) => judgeRecord(record, output));
    this.#book.settle(outcomes);
    return outcomes.filter((o) => o.again).map((o) => o.record);
  }

  async #onFailure(batch, failure, run) {
    const { kind, scope, reason } = failure;
    console.error(`BatchMeterUsage of ${batch.length} records: ${kind}: ${reason}`);
    const isAlone = batch.length === 1;
    const isCulprit = kind === 'isolate' && isAlone;
    const isHuman = kind === 'configuration' || kind === 'credentials' || (kind === 'split' && isAlone);
    const alert = isHuman ? `metering is held up: ${reason}` : undefined;
    this.#book.settle(batch.map((record) => (isCulprit ? refused(record, reason) : notBilled(record, reason, alert))));
    if (kind === 'outage') {
      batch.forEach((record) => { record.outages += 1; });
      run.outages += 1;
      run.isOver ||= run.outages === MAX_OUTAGES;
    } else if (isHuman && scope === 'product') {
      run.stoppedProducts.add(batch[0].product);
    } else if (isHuman && scope === 'service') {
      run.isOver = true;
    } else if ((kind === 'isolate' || kind === 'split') && !isAlone) {
      await this.#bisect(batch, run);
    }
  }

  // One record of 25 is found in at most five halvings, and all others are billed on the way.
  async #bisect(batch, run) {
    const middle = Math.ceil(batch.length / 2);
    await this.#deliver(batch.slice(0, middle), run);
    await this.#deliver(batch.slice(middle), run);
  }
}

// SPDX-License-Identifier: Apache-2.0
// The reporter takes what is due from the book and reports it with MeterUsage, from the account of the
// buyer in which the program runs: one record a call, and only hours that are over. Elsewhere than on
// Bedrock AgentCore what was reported cannot be changed; there only the ClientToken tells reports apart.
// So each record has one token, which the book wrote down before the first call: the SDK would draw
// another for each, and a report that is repeated would be billed twice.
import { held, notBilled, refused, unclear } from './outcome.mjs';

const MAX_OUTAGES = 2; // calls in a row, then the sweep ends: what is down is not helped by more calls

// By the error's name, for those that speak of the record; a repetition of the very same report is
// answered with the id of its record.
const BY_ERROR = {
  DuplicateRequestException: (record) =>
    held(record, 'DuplicateRequestException', 'the hour was reported with another quantity: compare it with this usage'),
  IdempotencyConflictException: (record) =>
    held(record, 'IdempotencyConflictException', 'its ClientToken was used for another report: find out by whom'),
};

const isWhole = (output) =>
  typeof output.MeteringRecordId === 'string' && output.MeteringRecordId !== '' && output.MeteringRecordId !== 'DryRunOperation';

const judgeReply = (record, output) => (isWhole(output)
  ? { record, state: 'metered', doubt: false, recordId: output.MeteringRecordId }
  : unclear(record, 'the reply names no record'));

export class Reporter {
  #book;
  #metering;
  #stopping;

  constructor(book, metering, stopping) {
    this.#book = book;
    this.#metering = metering;
    this.#stopping = stopping;
  }

  /** Reports what is due, once round. limitMs bounds each call, its repetitions by the SDK included. */
  async sweep(nowMs, { limitMs }) {
    const run = { limitMs, outages: 0, isOver: false };
    for (const record of this.#book.due(nowMs, false)) {
      if (run.isOver || this.#stopping.aborted) {
        return;
      }
      await this.#report(record, run);
    }
  }

  async #report(record, run) {
    this.#book.beginSending([record]);
    const { output, failure, doubt } = await this.#metering.meterUsage(record.wire, run.limitMs);
    record.doubt ||= doubt;
    if (output) {
      run.outages = 0;
      this.#book.settle([judgeReply(record, output)]);
    } else {
      this.#onFailure(record, failure, run);
    }
  }

  #onFailure(record, { kind, name, reason }, run) {
    console.error(`MeterUsage: ${kind}: ${reason}`);
    const isHuman = kind === 'configuration' || kind === 'credentials' || kind === 'split';
    if (Object.hasOwn(BY_ERROR, name)) {
      this.#book.settle([BY_ERROR[name](record)]);
    } else if (kind === 'isolate') {
      this.#book.settle([refused(record, reason)]);
    } else {
      this.#book.settle([notBilled(record, reason, isHuman ? `metering is held up: ${reason}` : undefined)]);
    }
    if (kind === 'outage') {
      record.outages += 1;
      run.outages += 1;
    }
    run.isOver ||= isHuman || run.outages === MAX_OUTAGES;
  }
}

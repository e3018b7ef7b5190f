// SPDX-License-Identifier: Apache-2.0
// The Metering Service behind the AWS SDK: one function per call, with the time limits and the pace
// that the SDK does not bring along.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  BatchMeterUsageCommand,
  MarketplaceMeteringClient,
  MeterUsageCommand,
  ResolveCustomerCommand,
} from '@aws-sdk/client-marketplace-metering';
import { judgeFailure } from './failure.mjs';

// The SDK has no request timeout by default: a service that accepts the connection and stays silent
// would hold this program up for ever. requestTimeout alone merely prints a warning; it needs
// throwOnRequestTimeout. It ends with the head of the reply; socketTimeout covers a body that stalls.
const TIME_LIMITS = {
  connectionTimeout: 2_000,
  requestTimeout: 5_000,
  throwOnRequestTimeout: true,
  socketTimeout: 5_000,
};

// Ten calls a second of one operation are allowed for one account and region, over all its programs; a
// little less leaves room for what the network bunches together.
const MIN_INTERVAL_MS = 125;

// Ends with the signal, whatever the promise does: the SDK asks for credentials with no time limit, and
// takes no notice of the signal before it has them.
async function within(signal, promise) {
  const aborted = new Promise((_, reject) => {
    const abort = () => reject(Object.assign(new Error('given up'), { name: 'AbortError' }));
    signal.addEventListener('abort', abort, { once: true });
  });
  return Promise.race([promise, aborted]);
}

export class Metering {
  #client = null;
  #stopping;
  #nextStart = 0;

  /** stopping: an AbortSignal; when it fires, calls under way are given up. */
  constructor(stopping) {
    this.#stopping = stopping;
  }

  /**
   * One BatchMeterUsage of at most 25 records of one product. Never throws:
   * {output} or {failure}, and `doubt`: whether an attempt that the SDK made and repeated by itself
   * may have been executed, whatever the last one said.
   */
  async batchMeterUsage(product, wireRecords, limitMs) {
    const command = new BatchMeterUsageCommand({
      ...(product !== undefined && { ProductCode: product }),
      UsageRecords: wireRecords.map((w) => ({ ...w, Timestamp: new Date(w.Timestamp * 1000) })),
    });
    return this.#send(command, limitMs, MIN_INTERVAL_MS);
  }

  /** One MeterUsage, with its answer as above. A ClientToken must be in it where anything is metered. */
  async meterUsage(wire, limitMs) {
    const command = new MeterUsageCommand({ ...wire, Timestamp: new Date(wire.Timestamp * 1000) });
    return this.#send(command, limitMs, MIN_INTERVAL_MS);
  }

  /** {output} or {failure} of one ResolveCustomer. */
  async resolveCustomer(token, limitMs) {
    return this.#send(new ResolveCustomerCommand({ RegistrationToken: token }), limitMs, 0);
  }

  close() {
    this.#client?.destroy();
    this.#client = null;
  }

  async #send(command, limitMs, intervalMs) {
    // The default chain finds the credentials, and the region comes from the environment.
    this.#client ??= new MarketplaceMeteringClient({ requestHandler: TIME_LIMITS });
    const attempts = this.#watchAttempts(command, intervalMs);
    const abortSignal = AbortSignal.any([this.#stopping, AbortSignal.timeout(limitMs)]);
    try {
      const output = await within(abortSignal, this.#client.send(command, { abortSignal }));
      return { output, doubt: attempts.doubt };
    } catch (error) {
      // When the time limit ends the SDK's waiting between two attempts, the last attempt tells more.
      const cause = error.name === 'AbortError' ? (attempts.last ?? error) : error;
      const failure = { ...judgeFailure(cause), message: cause.message, name: cause.name };
      // Of this operation, not of one by which the SDK asked for credentials.
      failure.isReply = attempts.count > 0 && cause.$metadata?.httpStatusCode !== undefined;
      if (failure.kind === 'credentials' || attempts.count === 0) {
        this.close(); // the SDK keeps credentials, and the wait for them: look for others next time
      }
      return { failure, doubt: attempts.doubt || (attempts.count > 0 && failure.doubt) };
    }
  }

  // The SDK sends again by itself (three attempts) and shows the last result only. Yet an attempt whose
  // reply was lost may have been billed, even if the next one is refused: so each is looked at here,
  // inside of the SDK's retry loop, where the pace is kept too.
  #watchAttempts(command, intervalMs) {
    const attempts = { count: 0, doubt: false, last: null };
    command.middlewareStack.add((next) => async (args) => {
      await this.#pace(intervalMs);
      attempts.count += 1;
      attempts.last = null;
      try {
        return await next(args);
      } catch (error) {
        attempts.last = error;
        attempts.doubt ||= judgeFailure(error).doubt;
        throw error;
      }
    }, { step: 'finalizeRequest', priority: 'low', name: 'watchAttempts' });
    return attempts;
  }

  async #pace(intervalMs) {
    const now = performance.now();
    const start = Math.max(now, this.#nextStart);
    this.#nextStart = start + intervalMs;
    if (start > now) {
      await sleep(start - now);
    }
  }
}

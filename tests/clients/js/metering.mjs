// SPDX-License-Identifier: Apache-2.0
// Calls of the Metering Service, and what their replies say of each record.
//
// The SDK's own retries are off: it would show the last attempt only, while an earlier one, whose
// reply was lost, may have been executed. Here every attempt is seen, and doubt is on disk before the
// next.

import {
  BatchMeterUsageCommand, MarketplaceMeteringClient, MarketplaceMeteringServiceException,
  ResolveCustomerCommand,
} from "@aws-sdk/client-marketplace-metering";
import { setTimeout as sleep } from "node:timers/promises";

import { HOUR_S } from "./journal.mjs";

const MAX_RECORDS = 25;
const MAX_BYTES = 900_000; // AWS takes less than 1 MB
const SPACING_MS = 110; // AWS takes ten calls a second
const CALL_MS = 6_000; // a whole call, body included; the SDK knows no such limit
const RETRY_MS = [150, 450]; // with jitter well under the two seconds that a flush may wait

const THROTTLED = new Set(["Throttling", "ThrottlingException", "TooManyRequestsException",
  "RequestLimitExceeded", "SlowDown"]);
// One bad record, for which the service refused the whole call.
const ISOLATE = new Set(["TimestampOutOfBoundsException", "InvalidUsageDimensionException",
  "InvalidCustomerIdentifierException", "InvalidTagException", "InvalidUsageAllocationsException",
  "InvalidLicenseException", "ValidationException"]);
const NOT_CONNECTED = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH",
  "ENETUNREACH"]);

const jitter = (ms) => ms * (0.5 + Math.random());

export function makeClient() {
  return new MarketplaceMeteringClient({
    maxAttempts: 1,
    // Without these the SDK waits for ever; and without throwOnRequestTimeout it only warns.
    requestHandler: {
      connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true,
      socketTimeout: 5_000,
    },
  });
}

/** What came of one attempt: "ok", or what to do about it. */
function classify(error) {
  const status = error.$metadata?.httpStatusCode ?? 0;
  if (error instanceof MarketplaceMeteringServiceException) {
    if (status >= 500) return "doubt";
    if (THROTTLED.has(error.name) || status === 429) return "wait";
    return ISOLATE.has(error.name) ? "isolate" : "operator";
  }
  if (error.name === "CredentialsProviderError") return "operator";
  return NOT_CONNECTED.has(error.code) ? "wait" : "doubt";
}

/** One attempt, ended by us if nothing else ends it. */
async function attempt(client, command) {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), CALL_MS);
  const ended = new Promise((_, reject) => {
    limit.signal.addEventListener("abort", () => reject(new Error("no whole reply in time")));
  });
  try {
    const reply = await Promise.race([client.send(command, { abortSignal: limit.signal }), ended]);
    return { kind: "ok", reply };
  } catch (error) {
    return { kind: classify(error), error, name: String(error.name ?? "Error") };
  } finally {
    clearTimeout(timer);
  }
}

function wireRecord(record) {
  const out = {
    Timestamp: new Date(record.hour * 1000), ...record.buyer,
    Dimension: record.dimension, Quantity: record.quantity,
  };
  if (record.buckets.size > 1 || !record.buckets.has("[]")) {
    const buckets = [...record.buckets];
    if (buckets.length > 0) {
      out.UsageAllocations = buckets.map(([name, quantity]) => bucket(JSON.parse(name), quantity));
    }
  }
  return out;
}

function bucket(tags, quantity) {
  const out = { AllocatedUsageQuantity: quantity };
  if (tags.length > 0) out.Tags = tags.map(([Key, Value]) => ({ Key, Value }));
  return out;
}

/** By product and by the way the buyer is named, then by number and size. */
function* batches(records) {
  const groups = Map.groupBy?.(records, groupOf) ?? groupBy(records, groupOf);
  for (const group of groups.values()) {
    let batch = [];
    let bytes = 0;
    for (const record of group) {
      const more = Buffer.byteLength(JSON.stringify(wireRecord(record))) + 1;
      if (batch.length === MAX_RECORDS || (batch.length > 0 && bytes + more > MAX_BYTES)) {
        yield batch;
        batch = [];
        bytes = 0;
      }
      batch.push(record);
      bytes += more;
    }
    yield batch;
  }
}

const groupOf = (record) => JSON.stringify([record.product, "LicenseArn" in record.buyer]);

/** Map.groupBy came with Node 21. */
function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

/** Whether an echoed UsageRecord has this record's key. */
function speaksOf(echo, record) {
  return echo?.Timestamp instanceof Date &&
    Math.floor(echo.Timestamp.getTime() / 1000 / HOUR_S) * HOUR_S === record.hour &&
    echo.Dimension === record.dimension &&
    Object.entries(record.buyer).every(([name, value]) => echo[name] === value);
}

/** One result for one record: {word, ...}. Everything that is not plain success is suspect. */
function judge(record, results, unprocessed) {
  const mine = results.filter((result) => speaksOf(result?.UsageRecord, record));
  if (unprocessed.some((echo) => speaksOf(echo, record))) {
    return mine.length > 0 ? { word: "doubt", reason: "contradictory reply" }
      : { word: "unprocessed", reason: "unprocessed" };
  }
  const statuses = new Set(mine.map((result) => result.Status));
  if (statuses.size !== 1) return { word: "doubt", reason: "no clear result" };
  const [status] = statuses;
  const exact = mine.every((result) => (result.UsageRecord.Quantity ?? 0) === record.quantity);
  if (!exact) return { word: "foreign" };
  if (status === "Success") return { word: "metered", meteringId: mine[0].MeteringRecordId };
  if (status === "CustomerNotSubscribed") return { word: "refused", reason: "not subscribed" };
  if (status === "DuplicateRecord") {
    // After a lost reply it is our own frozen record that stands there; otherwise somebody else's.
    const [{ MeteringRecordId: meteringId }] = mine;
    return record.inDoubt ? { word: "metered", meteringId } : { word: "foreign" };
  }
  return { word: "doubt", reason: `status ${status}` };
}

export class Metering {
  #client;
  #journal;
  #alert;
  #lastCall = 0;
  #down = false;

  constructor(client, journal, alert) {
    this.#client = client;
    this.#journal = journal;
    this.#alert = alert;
  }

  /** Sends what is due at that time. Gives up for now when the service takes nothing. */
  async flush(now) {
    this.#down = false;
    for (const pause of [...RETRY_MS, null]) {
      const again = [];
      for (const batch of batches(this.#journal.due(now))) again.push(...(await this.#send(batch)));
      if (again.length === 0 || this.#down || pause === null) return;
      await sleep(jitter(pause));
    }
  }

  async #call(batch) {
    await sleep(Math.max(0, this.#lastCall + SPACING_MS - performance.now()));
    const input = { UsageRecords: batch.map(wireRecord) };
    // A licence names its product; with a ProductCode beside it the usage is billed twice.
    if (!("LicenseArn" in batch[0].buyer)) input.ProductCode = batch[0].product;
    const outcome = await attempt(this.#client, new BatchMeterUsageCommand(input));
    this.#lastCall = performance.now();
    if (outcome.kind === "doubt") this.#journal.doubt(batch);
    return outcome;
  }

  /** Sends one batch, a few times if that may help; gives the records that are unprocessed. */
  async #send(batch) {
    if (this.#down) return [];
    this.#journal.freeze(batch);
    let outcome = await this.#call(batch);
    for (const pause of RETRY_MS) {
      if (outcome.kind !== "wait" && outcome.kind !== "doubt") break;
      await sleep(jitter(pause));
      outcome = await this.#call(batch);
    }
    if (outcome.kind === "ok") return this.#read(batch, outcome.reply);
    if (outcome.kind === "isolate") return this.#isolate(batch, outcome.name);
    if (outcome.kind === "operator") this.#alert([], `AWS takes no usage: ${outcome.name}`);
    this.#down = true;
    batch.forEach((record) => this.#stay(record, outcome.name));
    return [];
  }

  /** Not final: sent again, unchanged, by a later flush. */
  #stay(record, reason) {
    Object.assign(record, { state: record.inDoubt ? "unknown" : "pending", reason });
  }

  /** Halves until the bad record stands alone. */
  async #isolate(batch, name) {
    if (batch.length === 1) {
      this.#refuse(batch[0], name);
      return [];
    }
    const middle = batch.length >> 1;
    const first = await this.#send(batch.slice(0, middle));
    return [...first, ...(await this.#send(batch.slice(middle)))];
  }

  /** Refused by itself. That proves that it is not billed only if no reply was lost before. */
  #refuse(record, reason) {
    this.#alert(this.#journal.usagesOf(record), `AWS refuses this usage: ${reason}`);
    if (record.inDoubt) {
      record.held = true;
      this.#stay(record, reason);
    } else {
      this.#journal.conclude([{ record, state: "rejected", reason }]);
    }
  }

  #read(batch, reply) {
    const results = reply.Results ?? [];
    const unprocessed = reply.UnprocessedRecords ?? [];
    const judged = batch.map((record) => ({ record, ...judge(record, results, unprocessed) }));
    const having = (word) => judged.filter((row) => row.word === word);
    this.#journal.conclude(having("metered").map(({ record, meteringId }) =>
      ({ record, state: "metered", meteringId })));
    this.#journal.doubt(having("doubt").map((row) => row.record));
    const open = [...having("doubt"), ...having("unprocessed")];
    open.forEach((row) => this.#stay(row.record, row.reason));
    having("refused").forEach((row) => this.#refuse(row.record, row.reason));
    having("foreign").forEach((row) => this.#leaveToPeople(row.record));
    return having("unprocessed").map((row) => row.record);
  }

  /** Another record is billed under the key: part of this usage, or none of it. */
  #leaveToPeople(record) {
    const text = "another record is billed under the same key: compare it with this usage";
    this.#alert(this.#journal.usagesOf(record), text);
    Object.assign(record, { held: true, state: "unknown", reason: text });
  }

  /** Whose registration token it is. */
  async resolve(token) {
    if (!token) return { state: "refused" };
    const command = new ResolveCustomerCommand({ RegistrationToken: token });
    let outcome;
    for (const pause of [0, 300, 900]) {
      await sleep(jitter(pause));
      outcome = await attempt(this.#client, command);
      if (outcome.kind === "ok") return identity(outcome.reply);
      if (outcome.kind !== "wait" && outcome.kind !== "doubt") break;
    }
    if (isAboutToken(outcome.error)) return { state: "refused", reason: outcome.name };
    this.#alert([], `ResolveCustomer fails, and not for the buyer's fault: ${outcome.name}`);
    return { state: "failed", reason: outcome.name };
  }
}

/** ExpiredTokenException is also what AWS says of expired credentials; the sentence differs. */
function isAboutToken(error) {
  return ["InvalidTokenException", "ExpiredTokenException"].includes(error.name) &&
    !String(error.message).includes("security token included in the request");
}

function identity(reply) {
  const customer = reply.CustomerIdentifier || reply.CustomerAWSAccountId;
  if (!customer) return { state: "failed", reason: "the reply names nobody" };
  return {
    state: "resolved", customer, identifier: reply.CustomerIdentifier,
    account: reply.CustomerAWSAccountId, license: reply.LicenseArn, product: reply.ProductCode,
  };
}

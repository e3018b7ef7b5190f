#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// A careful seller's integration on the AWS SDK for JavaScript v3, behind the script contract of
// Meterprover: what a seller would copy is in journal.mjs and metering.mjs.

import fs from "node:fs";
import readline from "node:readline";

import { FINAL, HOUR_S, Journal } from "./journal.mjs";

const SUPPORTS = ["usage", "flush", "clock", "restart", "resolve"];
const MAX_QUANTITY = 2 ** 31 - 1;

const say = (members) => fs.writeSync(1, `${JSON.stringify(members)}\n`);
const alert = (about, text) => say({ mp: "alert", about, text });
const seconds = (text) => Math.floor(Date.parse(text) / 1000);

const journal = new Journal(process.env.METERPROVER_STATE ?? ".");
const said = new Map();
let now = 0;
let metering;

/** The SDK takes a third of a second to load, so that hello does not wait for it. */
async function service() {
  if (metering === undefined) {
    const { makeClient, Metering } = await import("./metering.mjs");
    metering = new Metering(makeClient(), journal, alert);
  }
  return metering;
}

/** The members that name the buyer: one model or the other, never both. */
function buyerOf({ identifier, account, license } = {}) {
  if (identifier) return { CustomerIdentifier: identifier };
  return account && license ? { CustomerAWSAccountId: account, LicenseArn: license } : undefined;
}

function takeUsage(usage) {
  const buyer = buyerOf(usage.customer);
  const { id, product = "", dimension, quantity, tags } = usage;
  if (buyer === undefined) return "unsupported"; // MeterUsage is another integration
  if (!Number.isInteger(quantity) || quantity < 0 || quantity > MAX_QUANTITY) {
    alert([id], `a quantity of ${quantity} cannot be reported to AWS`);
    return "unsupported";
  }
  const at = usage.at === undefined ? now : seconds(usage.at);
  const hour = Math.floor(at / HOUR_S) * HOUR_S;
  const record = journal.take({ id, product, buyer, dimension, quantity, tags, hour });
  if (journal.isLate(record)) {
    alert([id], "its hour was reported before it came: AWS bills the first record of an hour only");
  }
  return "done";
}

/** A word about every usage without a last one. What was said before a start is not known, so that
 * last words are said once more after it. */
function report() {
  for (const [id, record] of journal.usages) {
    const before = said.get(id);
    if (before === record.state && FINAL.has(before)) continue;
    if (before === undefined && record.state === "rejected") {
      alert([id], `AWS refuses this usage: ${record.reason}`);
    }
    say({ mp: "usage", id, state: record.state, record: record.meteringId, reason: record.reason });
    said.set(id, record.state);
  }
}

async function flush() {
  await (await service()).flush(now);
  report();
  return "done";
}

async function resolve({ token }, step) {
  say({ mp: "resolve", step, ...(await (await service()).resolve(token)) });
  return "done";
}

const verbs = {
  usage: takeUsage,
  flush,
  clock: (to) => {
    if (typeof to === "string") now = seconds(to);
    return flush();
  },
  resolve,
};

async function hear(line) {
  if (line.now !== undefined) now = seconds(line.now);
  if (line.hello !== undefined) {
    say({ mp: "hello", contract: 1, supports: SUPPORTS });
    return;
  }
  const verb = Object.keys(verbs).find((name) => name in line);
  const answer = verb === undefined ? "unsupported" : await verbs[verb](line[verb], line.step);
  say({ mp: answer, step: line.step });
}

// Every line of the journal is whole on disk before anything follows from it: nothing to tidy up.
process.on("SIGTERM", () => process.exit(0));
for await (const line of readline.createInterface({ input: process.stdin })) {
  if (line.trim() !== "") await hear(JSON.parse(line));
}
process.exit(0);

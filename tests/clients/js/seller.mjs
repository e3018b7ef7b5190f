// SPDX-License-Identifier: Apache-2.0
// A careful seller: meters usage to AWS Marketplace with the AWS SDK for JavaScript, and is told what
// to do by the lines of Meterprover's script contract. Run: meterprover test --profile saas -- node seller.mjs
// (or another profile in which usage is reported; METERPROVER_WORLD names it).
import { createInterface } from 'node:readline';
import { Book } from './book.mjs';
import { Journal } from './journal.mjs';
import { Launch } from './launch.mjs';
import { Metering } from './metering.mjs';
import { answerPage } from './page.mjs';
import { resolve } from './registration.mjs';
import { Reporter } from './reporter.mjs';
import { Sender } from './sender.mjs';
import { readNotice, Subscriptions } from './subscriptions.mjs';
import { Voice } from './voice.mjs';

// The scheduler can wait for a slow service; who says "flush" waits for the answer.
const CLOCK_LIMIT_MS = 15_000;
const FLUSH_LIMIT_MS = 2_000;

// A record of nothing for each hour in which a subscriber used nothing; any dimension will do.
function fillHours({ book, subscriptions, products }, nowMs) {
  for (const { product, customer, hour } of subscriptions.hours(nowMs)) {
    const [dimension] = products.get(product) ?? [];
    if (dimension) {
      book.fill({ product, customer, hour, dimension });
    }
  }
}

async function register({ voice, metering, stopping, subscriptions, products }, token, user) {
  const accept = (found) => {
    if (products.size > 0 && found.product && !products.has(found.product)) {
      return 'the token is of another product';
    }
    return subscriptions.register(found, user) ? null : 'another user has registered this customer';
  };
  const { alert, ...answer } = await resolve(metering, token, stopping, accept);
  if (alert) {
    voice.alertAll(alert);
  }
  return answer;
}

// Says whether this program may serve, as far as it is known.
async function ask({ voice }, step, launch, nowMs) {
  const { alert, ...answer } = await launch.attempt(nowMs);
  if (alert) {
    voice.alertAll(alert);
  }
  voice.say('register', { step, ...answer });
}

async function askAgain(seller, nowMs) {
  for (const [step, launch] of seller.launches) {
    if (launch.state === 'failed') {
      await ask(seller, step, launch, nowMs);
    }
  }
}

// One function per step; each is over when what it promises holds.
const STEPS = {
  // Safe, not sent: it goes out when its hour is over, or with a flush.
  usage: ({ book }, line) => {
    book.take({ ...line.usage, at: line.usage.at ?? line.now });
  },

  clock: async (seller, line) => {
    const { sender } = seller;
    await askAgain(seller, Date.parse(line.clock));
    fillHours(seller, Date.parse(line.clock));
    await sender.sweep(Date.parse(line.clock), { everything: false, limitMs: CLOCK_LIMIT_MS });
  },

  flush: async (seller, line) => {
    const { book, sender } = seller;
    await askAgain(seller, Date.parse(line.now));
    fillHours(seller, Date.parse(line.now));
    await sender.sweep(Date.parse(line.now), { everything: true, limitMs: FLUSH_LIMIT_MS });
    book.sayAll();
  },

  // The program has just been started in a buyer's account.
  register: async (seller, { step, now }) => {
    const [[ProductCode, [UsageDimension]]] = seller.products;
    const launch = new Launch(seller.metering, { ProductCode, UsageDimension }, seller.profile !== 'ami');
    seller.launches.set(step, launch);
    await ask(seller, step, launch, Date.parse(now));
  },

  resolve: async (seller, line) => {
    seller.voice.say('resolve', { step: line.step, ...await register(seller, line.resolve.token, '') });
  },

  // What the web server would be sent, and what it would reply.
  page: async (seller, { step, page }) => {
    const { known, ...reply } = await answerPage(page, (token, user) => register(seller, token, user));
    seller.voice.say('page', { step, ...reply });
    if (known) {
      seller.voice.say('resolve', { step, ...known });
    }
  },

  notice: ({ voice, subscriptions, products }, { step, notice }) => {
    let told;
    try {
      told = readNotice(notice);
    } catch (error) {
      voice.say('notice', { step, state: 'refused', reason: `not readable: ${error.message}` });
      return;
    }
    if (told.product && products.size > 0 && !products.has(told.product)) {
      voice.say('notice', { step, state: 'refused', reason: 'it is about another product' });
    } else if (subscriptions.tell(told) === 'failed') {
      voice.alertAll(`a subscription has failed: ${told.identifier}`);
    }
  },
};

// Products that run in the buyer's account, and meter with MeterUsage.
const IN_BUYERS_ACCOUNT = ['ami', 'container-metered', 'agentcore'];
const METERING = ['usage', 'flush', 'clock', 'restart', 'tags', 'tls'];
const SUPPORTS = {
  theirs: [...METERING, 'register'],
  ours: [...METERING, 'resolve', 'page', 'users', 'notice'],
};

function greet({ voice, book, isCaller }) {
  voice.say('hello', { contract: 1, supports: isCaller ? SUPPORTS.theirs : SUPPORTS.ours });
  // What was said last before a kill may not have been heard.
  book.sayAll({ all: true });
}

async function follow(seller, line) {
  if (line.hello !== undefined) {
    greet(seller);
    return;
  }
  const name = Object.keys(STEPS).find((step) => line[step] !== undefined);
  if (name === undefined) {
    seller.voice.say('unsupported', { step: line.step });
    return;
  }
  await STEPS[name](seller, line);
  seller.voice.say('done', { step: line.step });
}

// Of a container, or of the instance, which has one unless its metadata are switched off.
function hasRole(env) {
  return ['AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_CONTAINER_CREDENTIALS_FULL_URI', 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI']
    .some((name) => env[name]) || env.AWS_EC2_METADATA_DISABLED !== 'true';
}

function open(directory, stopping) {
  if (!directory) {
    throw new Error('METERPROVER_STATE must name a directory for what has to survive a restart');
  }
  const voice = new Voice();
  const { journal, events } = Journal.open(directory);
  const past = Journal.open(directory, 'subscriptions.jsonl');
  const subscriptions = new Subscriptions(past.journal, past.events);
  const metering = new Metering(stopping);
  // What we sell: code, and the dimensions' wire names.
  const world = JSON.parse(process.env.METERPROVER_WORLD ?? '{}');
  const products = new Map((world.products ?? []).map((p) => [p.code, Object.values(p.dimensions)]));
  const { profile } = world;
  const isCaller = IN_BUYERS_ACCOUNT.includes(profile);
  if (isCaller && hasRole(process.env)) {
    // MeterUsage does not support long-term keys, and the SDK's chain would prefer them to the role.
    delete process.env.AWS_ACCESS_KEY_ID;
    delete process.env.AWS_SECRET_ACCESS_KEY;
  }
  const book = new Book(journal, voice, subscriptions, events, { isCaller, addsUp: profile === 'agentcore' });
  const sender = isCaller ? new Reporter(book, metering, stopping) : new Sender(book, metering, stopping);
  return { voice, book, subscriptions, products, metering, stopping, sender, isCaller, profile, launches: new Map() };
}

// Lines are taken one after the other, in their order; those that come meanwhile wait in the reader.
// SIGTERM gives up the call under way (its records become unknown, and are sent again by the next
// run); the end of stdin lets everything finish.
async function main() {
  const stop = new AbortController();
  const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
  process.once('SIGTERM', () => {
    stop.abort();
    lines.close();
  });
  // Nobody listens any more. What was taken is in the journal, for the next run.
  process.stdout.on('error', () => process.exit(1));
  const seller = open(process.env.METERPROVER_STATE, stop.signal);
  for await (const text of lines) {
    if (stop.signal.aborted) {
      break;
    }
    if (text.trim() !== '') {
      await follow(seller, JSON.parse(text));
    }
  }
  seller.metering.close();
  await seller.voice.heard();
}

main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});

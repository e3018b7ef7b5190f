// SPDX-License-Identifier: Apache-2.0
// Who subscribes: what registrations and the notices of AWS Marketplace have told. Notices are delivered
// at least once and in any order, so the one that was published last counts. Of a buyer who is not known
// here nothing was heard but usage: a subscriber of old, who is metered.
import { hourOf } from './book.mjs';

const HOUR_MS = 3_600_000;
const GRACE_MS = HOUR_MS; // records are taken so long after a subscription's end was announced
const MARGIN_MS = 600_000; // so long before that even the running hour is reported
const LATE_MS = 300_000; // usage may be told a little after its hour
const REACH_MS = 20 * HOUR_MS; // of older hours nothing more is reported

// What the notices mean for metering. Agreements come and go while a licence lives, so only licences
// and SNS's actions change anything.
const CHANGES = {
  'subscribe-success': 'active',
  'subscribe-fail': 'failed',
  'unsubscribe-pending': 'closing',
  'unsubscribe-success': 'gone',
  'License Updated - Manufacturer': 'active',
  'License Deprovisioned - Manufacturer': 'closing',
};

// A public endpoint verifies first who sent it: the signature of SNS's message with the certificate at
// SigningCertURL, and that the topic is AWS Marketplace's.
function readSns(envelope) {
  if (envelope.Type !== 'Notification') {
    throw new Error(`a message of type ${envelope.Type}`);
  }
  // isFreeTrialTermPresent is a text, and no reason to meter less: AWS knows who pays.
  const { action, 'customer-identifier': identifier, 'product-code': product } = JSON.parse(envelope.Message);
  return { what: action, identifier, product, at: Date.parse(envelope.Timestamp) };
}

const readEvent = ({ 'detail-type': what, detail, time }) => ({
  what, account: detail.acceptor.accountId, license: detail.license?.arn, product: detail.product?.code, at: Date.parse(time),
});

/** What a notice says, in the terms of both forms; throws when it is none. */
export function readNotice({ form, body }) {
  const told = (form === 'sns' ? readSns : readEvent)(JSON.parse(body));
  if (typeof told.what !== 'string' || !Number.isFinite(told.at)) {
    throw new Error('it says neither what nor when');
  }
  return told;
}

export class Subscriptions {
  #journal;
  #subscribers = [];

  constructor(journal, events) {
    this.#journal = journal;
    events.forEach((event) => this.#apply(event));
  }

  find({ identifier, license }) {
    return this.#subscribers.find((s) => (identifier && s.identifier === identifier) || (license && s.license === license));
  }

  /** Remembers who registered; false when the customer is another user's. */
  register(customer, user) {
    const known = this.find(customer);
    if (known?.user && user && known.user !== user) {
      return false;
    }
    this.#commit({ event: 'register', customer, user });
    return true;
  }

  /** Obeys a notice; the new standing, or undefined when it changes nothing. */
  tell(notice) {
    const standing = CHANGES[notice.what];
    if (standing === undefined || notice.at < (this.find(notice)?.told ?? 0)) {
      return undefined;
    }
    this.#commit({ event: 'notice', notice, standing });
    return standing;
  }

  maySend(members, nowMs) {
    const known = this.#of(members);
    return known === undefined || known.standing === 'active'
      || (known.standing === 'closing' && nowMs < known.closing + GRACE_MS);
  }

  /** Whether the running hour must be reported now, or never. */
  isLastChance(members, nowMs) {
    const known = this.#of(members);
    return known?.standing === 'closing' && nowMs >= known.closing + GRACE_MS - MARGIN_MS;
  }

  /** Whether that buyer subscribes no longer, or never did. */
  isOver(members) {
    return ['gone', 'failed'].includes(this.#of(members)?.standing);
  }

  /**
   * Every hour that should have a record by now, used or not: AWS recommends one for each hour of a
   * subscription, with quantity 0 where nothing was used.
   */
  * hours(nowMs) {
    for (const s of this.#subscribers) {
      if (!s.since || !s.product || !['active', 'closing'].includes(s.standing)) {
        continue;
      }
      const over = hourOf(nowMs - LATE_MS);
      const until = s.standing === 'closing' ? Math.min(over, hourOf(s.closing) + HOUR_MS) : over;
      const customer = s.identifier ? { identifier: s.identifier } : { account: s.account, license: s.license };
      for (let hour = hourOf(Math.max(s.since, nowMs - REACH_MS)); hour < until; hour += HOUR_MS) {
        yield { product: s.product, customer, hour };
      }
    }
  }

  #of(members) {
    return this.find({ identifier: members.CustomerIdentifier, license: members.LicenseArn });
  }

  #commit(event) {
    this.#journal.append(event);
    this.#apply(event);
  }

  #apply(event) {
    const given = event.event === 'register' ? event.customer : event.notice;
    let known = this.find(given);
    if (known === undefined) {
      const { identifier, account, license, product } = given;
      known = { identifier, account, license, product, user: '', standing: 'awaited', since: 0, closing: 0, told: 0 };
      this.#subscribers.push(known);
    }
    if (event.event === 'register') {
      known.user ||= event.user;
      known.standing = ['gone', 'failed'].includes(known.standing) ? 'awaited' : known.standing;
      return;
    }
    const isNewEnd = event.standing === 'closing' && known.standing !== 'closing';
    known.closing = isNewEnd ? given.at : known.closing;
    known.since ||= event.standing === 'active' ? given.at : 0;
    known.standing = event.standing;
    known.told = given.at;
  }
}

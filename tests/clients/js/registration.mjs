// SPDX-License-Identifier: Apache-2.0
// Registration: the token that a buyer's browser brings is exchanged for the customer.
import { setTimeout as sleep } from 'node:timers/promises';

const LIMIT_MS = 8_000;
const PAUSES_MS = [300, 1_000]; // between our own tries, each of which is up to three of the SDK's

// ExpiredTokenException has two meanings: the buyer's registration token is too old (final: the
// buyer has to come again from the Marketplace), or our own credentials are.
const OWN_CREDENTIALS = /security token included in the request/i;

function isTokenRefused({ name, message }) {
  return name === 'InvalidTokenException'
    || (name === 'ExpiredTokenException' && !OWN_CREDENTIALS.test(message ?? ''));
}

const customerOf = (output) => ({
  customer: output.CustomerIdentifier ?? output.CustomerAWSAccountId,
  identifier: output.CustomerIdentifier,
  account: output.CustomerAWSAccountId,
  license: output.LicenseArn,
  product: output.ProductCode,
});

// What only a person can mend, and no buyer: an operator has to hear of it.
const isOurs = ({ kind }) => kind === 'configuration' || kind === 'credentials';

/**
 * {state: resolved, customer, …} or {state: refused|failed, reason, alert?}. accept(found) says why a
 * customer is not welcome, or nothing, and remembers it.
 */
export async function resolve(metering, token, stopping, accept) {
  if (typeof token !== 'string' || token === '') {
    return { state: 'refused', reason: 'no token' };
  }
  let reason;
  let alert;
  for (const pause of [...PAUSES_MS, null]) {
    const { output, failure } = await metering.resolveCustomer(token, LIMIT_MS);
    if (output) {
      const found = customerOf(output);
      if (found.customer) {
        const refusal = accept(found);
        return refusal ? { state: 'refused', reason: refusal } : { state: 'resolved', ...found };
      }
      reason = 'the reply names no customer'; // such as an empty 200 of something in between
    } else if (isTokenRefused(failure)) {
      return { state: 'refused', reason: failure.name };
    } else {
      reason = failure.reason;
      alert = isOurs(failure) ? `registration is held up: ${reason}` : undefined;
    }
    const isWorthwhile = !failure || failure.kind === 'outage';
    if (!isWorthwhile || pause === null || stopping.aborted) {
      break;
    }
    await sleep(pause * (0.5 + Math.random() / 2));
  }
  return { state: 'failed', reason, alert };
}

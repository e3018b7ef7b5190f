// SPDX-License-Identifier: Apache-2.0
// Whether a program that has just been launched in a buyer's account may serve. A dry run of MeterUsage
// asks; a report of 0 would ask more, but it would also be the only one of its hour.
//
// Haste and outages are no answer: the program runs on and asks again later. In a container everything
// else that AWS replies is one; on an instance only a missing subscription is, for what else is wrong
// there can be mended while the program runs.

const LIMIT_MS = 8_000;
const DRY_RUN = 'DryRunOperation';
// The request was not looked at: its keys have ended, or its clock is wrong.
const UNSIGNED = new Set(['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'RequestTimeTooSkewed',
  'InvalidSignatureException', 'SignatureDoesNotMatch']);

export class Launch {
  state = 'failed';
  #metering;
  #probe;
  #isContainer;

  /** probe: {ProductCode, UsageDimension}, of which nothing is metered. */
  constructor(metering, probe, isContainer) {
    this.#metering = metering;
    this.#probe = probe;
    this.#isContainer = isContainer;
  }

  /** {state: registered|denied|failed, reason?, alert?}. */
  async attempt(nowMs) {
    const wire = { ...this.#probe, Timestamp: Math.floor(nowMs / 1000), UsageQuantity: 0, DryRun: true };
    const answer = this.#judge(await this.#metering.meterUsage(wire, LIMIT_MS));
    this.state = answer.state;
    return answer;
  }

  // Who may is told by that name: in the place of a record's id, as was seen, or as an error, as the
  // reference has it.
  #judge({ output, failure }) {
    if (output?.MeteringRecordId === DRY_RUN || failure?.name === DRY_RUN) {
      return { state: 'registered' };
    }
    if (output) {
      return { state: 'failed', reason: 'the reply says nothing of a dry run' };
    }
    const { kind, name, reason } = failure;
    if (kind === 'outage') {
      return { state: 'failed', reason };
    }
    const isAnswer = failure.isReply && !UNSIGNED.has(name);
    if (name === 'CustomerNotEntitledException' || (this.#isContainer && isAnswer)) {
      return { state: 'denied', reason, alert: `this program must not serve: ${reason}` };
    }
    return { state: 'failed', reason, alert: `AWS does not let this program ask whether it may serve: ${reason}` };
  }
}

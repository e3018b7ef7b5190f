// SPDX-License-Identifier: Apache-2.0
// What is said on stdout: one JSON object a line, with the key "mp". In a seller's own system these
// are a row in the billing table and a page to the operator on duty.

export class Voice {
  #raised = new Set();

  say(kind, words) {
    process.stdout.write(`${JSON.stringify({ mp: kind, ...words })}\n`);
  }

  usage(word) {
    this.say('usage', word);
  }

  /** Tells an operator, once for the same matter of the same usage. */
  alert(about, text) {
    const fresh = about.filter((id) => !this.#raised.has(`${id} ${text}`));
    fresh.forEach((id) => this.#raised.add(`${id} ${text}`));
    if (fresh.length > 0) {
      this.say('alert', { about: fresh, text });
    }
  }

  /** Tells an operator about something that is no usage. */
  alertAll(text) {
    this.say('alert', { about: [], text });
  }

  /** When everything said so far has left this process. */
  heard() {
    return new Promise((done) => { process.stdout.write('', done); });
  }
}

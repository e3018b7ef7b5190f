// SPDX-License-Identifier: Apache-2.0
// The journal: a file of JSON lines that is only ever appended to. What append() has returned from
// survives kill -9 and a loss of power. One process writes it at a time. It is never compacted here; a
// seller with a database keeps these events in a table and drops hours that are long past.
import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';

const NEWLINE = 0x0a;

export class Journal {
  #fd;

  /** Opens (or creates) the journal in that directory; `events` are those of former runs, in order. */
  static open(directory, name = 'metering.jsonl') {
    mkdirSync(directory, { recursive: true });
    const journal = new Journal();
    journal.#fd = openSync(path.join(directory, name), 'a+');
    // The file's name is part of its directory, which has to reach the disk as well.
    const parent = openSync(directory, 'r');
    fsyncSync(parent);
    closeSync(parent);
    return { journal, events: journal.#read() };
  }

  /** Returns only once the event is on the disk. */
  append(event) {
    const line = Buffer.from(`${JSON.stringify(event)}\n`);
    for (let at = 0; at < line.length;) {
      at += writeSync(this.#fd, line, at);
    }
    fsyncSync(this.#fd);
  }

  // A last line without its newline is what a kill left of a write that nobody was told of: it is
  // cut off, or the next event would be glued to it. Any other broken line is damage, and to go on
  // without knowing what it said could bill twice: JSON.parse throws, and the program ends.
  #read() {
    const bytes = readFileSync(this.#fd);
    const whole = bytes.lastIndexOf(NEWLINE) + 1;
    if (whole < bytes.length) {
      ftruncateSync(this.#fd, whole);
      fsyncSync(this.#fd);
    }
    const lines = bytes.toString('utf8', 0, whole).split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
  }
}

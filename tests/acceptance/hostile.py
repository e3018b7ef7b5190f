#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""hostile.py MODE: a client that speaks the contract until it misbehaves in one way; `--list` prints
the modes. It sends no request: what it is judged for is its manners."""
import json
import os
import signal
import sys
import time

SUPPORTS = ["usage", "flush", "clock", "restart", "resolve"]
FOREVER = 600
MODES = {}


def mode(function):
    """Registers a way to misbehave; it is called with each message but hello."""
    MODES[function.__name__.replace("_", "-")] = function
    return function


def raw(data):
    """Bytes on stdout, all of them, at once."""
    while data:
        data = data[os.write(1, data):]


def say(**members):
    """One line of the contract."""
    raw(json.dumps(members).encode() + b"\n")


def done(message):
    """The answer that is expected."""
    say(mp="done", step=message["step"])


def sleep():
    """Longer than any case."""
    time.sleep(FOREVER)


def is_first(message):
    """Whether this is the first step: most misbehave there, and behave from there on."""
    return message["step"] == 1


@mode
def hang(_message):
    sleep()


@mode
def crash(message):
    if message["step"] == 2:
        signal.signal(signal.SIGSEGV, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGSEGV)
    done(message)


@mode
def flood(_message):
    line = b"y" * 1023 + b"\n"
    for _ in range(4 << 10):
        raw(line * 1024)


@mode
def half_line(message):
    if is_first(message):
        raw(b'{"mp":"done","st')
        os._exit(0)


@mode
def ignore_term(message):
    """Neither the end of its input nor SIGTERM ends it; see main()."""
    done(message)


@mode
def fork_and_leave(_message):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            sleep()
        os._exit(0)
    os.wait()
    os._exit(0)


@mode
def close_stdin(message):
    if is_first(message):
        done(message)
        os.close(0)
        sleep()


@mode
def close_stdout(message):
    if is_first(message):
        os.close(1)
        sleep()


@mode
def never_read(_message):
    """Says hello and reads nothing; see main()."""


@mode
def garbage(message):
    if is_first(message):
        raw(b'{"mp":"done","step":"one"}\n{"mp":"usage","id":7}\n{"mp":\n{"mp":"metered"}\n')
    done(message)


@mode
def wrong_step(message):
    say(mp="done", step=message["step"] + 77)


@mode
def done_twice(message):
    done(message)
    done(message)


@mode
def hello_twice(message):
    if is_first(message):
        say(mp="hello", contract=1, supports=["usage"])
    done(message)


@mode
def long_line(message):
    if is_first(message):
        raw(b'{"mp":"alert","about":[],"text":"' + b"z" * (5 << 20) + b'"}\n')
    done(message)


@mode
def binary(message):
    if is_first(message):
        raw(bytes(range(256)) * 64 + b'\n{"mp":"done","step":1\xff\xfe}\n\0\0\0\n')
    done(message)


def main():
    """Says hello first, whatever follows."""
    if sys.argv[1] == "--list":
        print("\n".join(MODES))
        return
    act = MODES[sys.argv[1]]
    if act is ignore_term:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if act is never_read:
        say(mp="hello", contract=1, supports=SUPPORTS)
        sleep()
    for line in iter(sys.stdin.readline, ""):
        message = json.loads(line)
        if "hello" in message:
            say(mp="hello", contract=1, supports=SUPPORTS)
        else:
            act(message)
    if act is ignore_term:
        sleep()


if __name__ == "__main__":
    main()

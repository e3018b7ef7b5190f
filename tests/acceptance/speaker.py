#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""speaker.py MODE: a client that says done to everything, and does one thing beside it:

supports-nothing   says hello, and that it can do nothing
environment        writes its environment, as JSON, to the file that DUMP names
bypass             asks the real service, by whatever proxy the environment names
secrets            prints its keys, in several spellings
"""
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

REAL = "https://metering.marketplace.us-east-1.amazonaws.com/"
SUPPORTS = ["usage", "flush", "clock", "restart", "resolve"]


def say(**members):
    """One line of the contract."""
    print(json.dumps(members), flush=True)


def dump():
    """The environment, for the test to look at."""
    with open(os.environ["DUMP"], "w", encoding="utf-8") as file:
        json.dump(dict(os.environ), file)


def bypass():
    """As a program with a fixed endpoint would."""
    try:
        urllib.request.urlopen(REAL, data=b"{}", timeout=10)
    except (urllib.error.URLError, OSError) as error:
        print("the real service did not answer:", error, flush=True)


def leak():
    """The secret on both streams: plain, within a line of the contract, cut in two, encoded."""
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        secret = os.environ.get(name)
        if not secret:
            continue
        print(f"DEBUG {name}={secret}", flush=True)
        print(json.dumps({"config": json.dumps({"key": secret})}), flush=True)
        print("url", urllib.parse.quote(secret, safe=""), flush=True)
        say(mp="alert", about=[], text=f"my key is {secret}")
        sys.stderr.write(f"half {secret[:9]}")
        sys.stderr.flush()
        sys.stderr.write(f"{secret[9:]} and half\nold " + "x" * 8000 + secret + "\n")
        sys.stderr.flush()


MODES = {"environment": dump, "bypass": bypass, "secrets": leak}


def main():
    """Answers until the input ends."""
    mode = sys.argv[1]
    for line in sys.stdin:
        message = json.loads(line)
        if "hello" in message:
            say(mp="hello", contract=1, supports=[] if mode == "supports-nothing" else SUPPORTS)
        else:
            if mode in MODES and "flush" in message:
                MODES[mode]()
            say(mp="done", step=message["step"])


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""What the tests of the control interface share: a client of it that knows no more than HTTP and JSON."""
import contextlib
import http.client
import json
import select
import threading

from wire import PATIENCE_S, Proxy, WireTest, rule

JSON = {"Content-Type": "application/json"}
THROTTLE = [{"error": "ThrottlingException"}]
METERING = {"operation": "BatchMeterUsage"}


def steered(*rules, args=(), **more):
    """A proxy with a control interface."""
    return Proxy(list(rules), args=["--control", "127.0.0.1:0", *args], **more)


def switch(name, then, **more):
    """A rule that only the control interface arms."""
    return rule(name, then, armed=False, **more)


class Answer:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body
        self.json = json.loads(body) if body else None
        self.code = (self.json or {}).get("error", {}).get("code")

    def __getitem__(self, key):
        return self.json[key]


class Control:
    """Calls of the interface, each on a connection of its own unless `kept`."""

    def __init__(self, port, headers=None):
        self.port, self.headers = port, headers or {}

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S + 60)

    def call(self, method, path, body=None, headers=None, kept=None):
        connection = kept or self.connect()
        try:
            if body is not None and not isinstance(body, (bytes, str)):
                body = json.dumps(body)
            if isinstance(body, str):
                body = body.encode()
            fields = {**(JSON if body is not None else {}), **self.headers, **(headers or {})}
            connection.request(method, path, body, fields)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            if kept is None:
                connection.close()

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def post(self, path, body, **more):
        return self.call("POST", path, body, **more)

    def load(self, tree, query=""):
        return self.call("PUT", "/v1/scenario" + query, tree)

    def arm(self, name, armed=True):
        return self.post("/v1/rules/arm" if armed else "/v1/rules/disarm", {"rule": name})

    def rules(self):
        return {row["name"]: row for row in self.get("/v1/rules")["rules"]}

    def wait(self, **body):
        return self.post("/v1/wait", body)

    def waiting(self, proxy, **body):
        """The same, not answered yet: the program has read it and sleeps, or has answered it."""
        wait = Waiting(self, **body)
        proxy.wait_taken(wait.connection.sock.getsockname()[1])
        return wait

    def query(self, **body):
        return self.post("/v1/journal/query", body)


class Waiting:
    """A call that is sent, and may not be answered yet."""

    def __init__(self, control, **body):
        self.connection = control.connect()
        self.connection.request("POST", "/v1/wait", json.dumps(body), {**JSON, **control.headers})

    def is_open(self):
        return not select.select([self.connection.sock], [], [], 0)[0]

    def done(self):
        with contextlib.closing(self.connection):
            answer = self.connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())


class Later(threading.Thread):
    """What is done meanwhile. What it raises is raised by done()."""

    def __init__(self, function, *args, **more):
        super().__init__(daemon=True)
        self.work, self.result, self.fault = lambda: function(*args, **more), None, None
        self.start()

    def run(self):
        try:
            self.result = self.work()
        except BaseException as why:  # pylint: disable=broad-except  # told by done()
            self.fault = why

    def done(self):
        self.join(PATIENCE_S)
        if self.is_alive():
            raise AssertionError("the call was never answered")
        if self.fault is not None:
            raise self.fault
        return self.result


class ControlTest(WireTest):
    def check_answer(self, answer, status, code=None):
        self.assertEqual((answer.status, answer.code), (status, code), answer.body)
        return answer

    def check_good(self, answer):
        return self.check_answer(answer, 200)

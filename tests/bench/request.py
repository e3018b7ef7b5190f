# SPDX-License-Identifier: Apache-2.0
"""The one request of all figures: a BatchMeterUsage of 25 records, signed, as bytes and as headers."""
import datetime
import hashlib
import hmac
import json
import time

RECORDS = 25
REGION = "us-east-1"


def batch(world):
    """25 records for the hours before this one."""
    hour = int(time.time()) // 3600 * 3600 - 3600
    customers = [c["identifier"] for c in world["customers"].values()]
    records = [{"Timestamp": hour - 3600 * (i // len(customers)),
                "CustomerIdentifier": customers[i % len(customers)],
                "Dimension": "requests", "Quantity": i + 1} for i in range(RECORDS)]
    return json.dumps({"ProductCode": world["products"]["widget"]["code"], "UsageRecords": records}).encode()


def sign(host, keys, body):
    """The headers of Signature Version 4; keys are an id and a secret."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    headers = {"content-type": "application/x-amz-json-1.1", "host": host, "x-amz-date": now,
               "x-amz-target": "AWSMPMeteringService.BatchMeterUsage"}
    names = ";".join(sorted(headers))
    canonical = "\n".join(["POST", "/", ""] + [f"{n}:{headers[n]}" for n in sorted(headers)] +
                          ["", names, hashlib.sha256(body).hexdigest()])
    scope = f"{now[:8]}/{REGION}/aws-marketplace/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    derived = ("AWS4" + keys[1]).encode()
    for part in scope.split("/"):
        derived = hmac.new(derived, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(derived, to_sign.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={keys[0]}/{scope}, SignedHeaders={names}, "
                                f"Signature={signature}")
    return headers


def as_bytes(headers, body):
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST / HTTP/1.1\r\n{head}content-length: {len(body)}\r\n\r\n".encode() + body

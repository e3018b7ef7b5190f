#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes boto-*.json beside itself: requests as boto3 really sends them, signed with invented keys
at a fixed moment, with botocore's own canonical request and string to sign.

Nothing is sent: a hook answers in the network's place. Run it only to renew the files on purpose;
the unit test reads what is stored."""
import datetime
import json
import pathlib
from unittest import mock

import boto3
import botocore.auth
from botocore.awsrequest import AWSResponse
from botocore.config import Config

HERE = pathlib.Path(__file__).parent
MOMENT = datetime.datetime(2026, 11, 18, 10, 15, 0, tzinfo=datetime.timezone.utc)
HOUR = datetime.datetime(2026, 11, 18, 9, 0, 0, tzinfo=datetime.timezone.utc)
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "invented-session-token/" + "0123456789abcdef" * 8 + "=="


def record(**more):
    return {"Timestamp": HOUR, "Dimension": "requests", **more}


CASES = {
    "boto-batch-long-term-key": {
        "token": None,
        "call": "batch_meter_usage",
        "with": {
            "ProductCode": "widget",
            "UsageRecords": [record(CustomerIdentifier="acme", Quantity=7)],
        },
    },
    "boto-batch-session-token": {
        "token": TOKEN,
        "call": "batch_meter_usage",
        "with": {
            "UsageRecords": [
                record(
                    CustomerAWSAccountId="123456789012",
                    LicenseArn="arn:aws:license-manager::123456789012:license:l-0123456789abcdef",
                    Quantity=n,
                )
                for n in range(25)
            ]
        },
    },
    "boto-meter-session-token": {
        "token": TOKEN,
        "call": "meter_usage",
        "with": {
            "ProductCode": "widget",
            "Timestamp": HOUR,
            "UsageDimension": "requests",
            "UsageQuantity": 3,
            "ClientToken": "00000000-0000-4000-8000-000000000000",
            "UsageAllocations": [
                {"AllocatedUsageQuantity": 3, "Tags": [{"Key": "team", "Value": "a b=c"}]}
            ],
        },
    },
    "boto-resolve-long-term-key": {
        "token": None,
        "call": "resolve_customer",
        "with": {"RegistrationToken": "a+b/c="},
    },
}


def capture(case):
    seen = {}

    def on_before_send(request, **_):
        seen["method"] = request.method
        seen["target"] = "/"
        seen["headers"] = [
            [name, value.decode() if isinstance(value, bytes) else value]
            for name, value in request.headers.items()
        ]
        if not any(name.lower() == "host" for name, _ in seen["headers"]):
            seen["headers"].insert(0, ["Host", request.url.split("/")[2]])
        seen["body"] = request.body.decode()
        answer = AWSResponse(request.url, 200, {}, None)
        answer._content = b"{}"
        return answer

    client = boto3.client(
        "meteringmarketplace",
        region_name="us-east-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key=SECRET,
        aws_session_token=case["token"],
        endpoint_url="http://127.0.0.1:8080",
        config=Config(user_agent="golden"),
    )
    client.meta.events.register("before-send.*.*", on_before_send)
    signer = botocore.auth.SigV4Auth
    canonical, to_sign = signer.canonical_request, signer.string_to_sign

    def keep_canonical(self, request):
        seen["canonical_request"] = canonical(self, request)
        return seen["canonical_request"]

    def keep_to_sign(self, request, text):
        seen["string_to_sign"] = to_sign(self, request, text)
        return seen["string_to_sign"]

    with mock.patch.object(botocore.auth, "get_current_datetime", lambda *_a, **_k: MOMENT), \
            mock.patch.object(signer, "canonical_request", keep_canonical), \
            mock.patch.object(signer, "string_to_sign", keep_to_sign):
        getattr(client, case["call"])(**case["with"])
    return {"token": case["token"], **seen}


for name, case in CASES.items():
    text = json.dumps(capture(case), indent=1)
    (HERE / f"{name}.json").write_text(text + "\n")
    print(name)

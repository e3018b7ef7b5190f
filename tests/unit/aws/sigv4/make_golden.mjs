// SPDX-License-Identifier: Apache-2.0
// Writes js-batch-session-token.json: a request as the AWS SDK for JavaScript really sends it,
// signed with invented keys at a fixed moment. Nothing is sent: a handler answers in the network's
// place. Needs @aws-sdk/client-marketplace-metering; run it only to renew the file on purpose:
//   node make_golden.mjs > js-batch-session-token.json
import { BatchMeterUsageCommand, MarketplaceMeteringClient } from "@aws-sdk/client-marketplace-metering";

const token = "invented-session-token/" + "0123456789abcdef".repeat(8) + "==";
Date.now = () => Date.UTC(2026, 10, 18, 10, 15, 0);

const client = new MarketplaceMeteringClient({
  region: "us-east-1",
  endpoint: "http://127.0.0.1:8080",
  credentials: {
    accessKeyId: "AKIDEXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    sessionToken: token,
  },
  requestHandler: {
    handle: async (request) => {
      // What follows in the user agent tells of the machine, and is not signed.
      const plain = ([name, value]) => [name, name === "user-agent" ? value.split(" ")[0] : value];
      const headers = Object.entries(request.headers).map(plain);
      const body = Buffer.from(request.body).toString();
      console.log(JSON.stringify({ token, method: request.method, target: request.path, headers, body }, null, 1));
      process.exit(0);
    },
  },
});
await client.send(new BatchMeterUsageCommand({
  UsageRecords: [{
    Timestamp: new Date(Date.UTC(2026, 10, 18, 9, 0, 0, 500)),
    CustomerAWSAccountId: "123456789012",
    LicenseArn: "arn:aws:license-manager::123456789012:license:l-0123456789abcdef",
    Dimension: "requests",
    Quantity: 7,
  }],
}));

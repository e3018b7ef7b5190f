// SPDX-License-Identifier: Apache-2.0
// Asks the service what it is told to, by the SDK alone, and says what the SDK made of the answer: a
// line {operation, input} in, a line {reply} or {name, message, id, status} out. Never retries.
// The SDK is the one that is installed in the folder SDK_JS.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const sdk = createRequire(join(process.env.SDK_JS, 'ask.mjs'))('@aws-sdk/client-marketplace-metering');

const client = new sdk.MarketplaceMeteringClient({
    endpoint: process.env.SDK_ENDPOINT,
    region: process.env.AWS_REGION,
    maxAttempts: 1,
});

function dated(key, value) {
    return key === 'Timestamp' ? new Date(value * 1000) : value;
}

async function ask({ operation, input }) {
    try {
        const { $metadata, ...reply } = await client.send(new sdk[`${operation}Command`](input));
        return { reply };
    } catch (error) {
        // The class, and not only a name that was read from the reply.
        const known = sdk[error.name] !== undefined && error instanceof sdk[error.name];
        return {
            name: known ? error.name : 'no class of its own',
            message: error.message,
            id: error.$metadata?.requestId,
            status: error.$metadata?.httpStatusCode,
        };
    }
}

for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await ask(JSON.parse(line, dated))));
}

// SPDX-License-Identifier: Apache-2.0
// Asks the service what it is told to, by the SDK alone, and says what the SDK made of the answer: a
// line {operation, input, endpoint, region, key, secret} in, a line {reply} or {name, message, id,
// status} out. Never retries. The SDK is the one that is installed in the folder SDK_JS.
import { createRequire } from 'node:module';
import { Agent } from 'node:https';
import { request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect } from 'node:tls';

const sdk = createRequire(join(process.env.SDK_JS, 'ask.mjs'))('@aws-sdk/client-marketplace-metering');
const clients = new Map();

// HTTPS_PROXY, which Node's own agents do not look at: each connection is asked for by CONNECT.
class ProxyAgent extends Agent {
    createConnection({ host, port }, done) {
        const proxy = new URL(process.env.HTTPS_PROXY);
        const path = `${host}:${port}`;
        request({ host: proxy.hostname, port: proxy.port, method: 'CONNECT', path, headers: { host: path } })
            .on('connect', (response, socket) => response.statusCode === 200
                ? done(null, connect({ socket, servername: host }))
                : done(new Error(`CONNECT: ${response.statusCode}`)))
            .on('error', done)
            .end();
    }
}

function handler() {
    return process.env.HTTPS_PROXY ? { requestHandler: { httpsAgent: new ProxyAgent() } } : {};
}

function clientFor({ endpoint, region, key, secret }) {
    const name = [endpoint, region, key, secret].join();
    if (!clients.has(name)) {
        const credentials = { accessKeyId: key, secretAccessKey: secret };
        clients.set(name, new sdk.MarketplaceMeteringClient({ endpoint, region, credentials, maxAttempts: 1, ...handler() }));
    }
    return clients.get(name);
}

// The class of that name, or for a name that the model does not list the service's own, and no other.
function isOfItsClass(error) {
    const own = sdk[error.name] ?? sdk.MarketplaceMeteringServiceException;
    return error.constructor === own;
}

function dated(key, value) {
    return key === 'Timestamp' ? new Date(value * 1000) : value;
}

async function ask({ operation, input, ...whom }) {
    try {
        const command = new sdk[`${operation}Command`](input);
        const { $metadata, ...reply } = await clientFor(whom).send(command);
        return { reply };
    } catch (error) {
        return {
            name: isOfItsClass(error) ? error.name : `${error.name}, not of its class`,
            message: error.message,
            id: error.$metadata?.requestId,
            status: error.$metadata?.httpStatusCode,
        };
    }
}

for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await ask(JSON.parse(line, dated))));
}

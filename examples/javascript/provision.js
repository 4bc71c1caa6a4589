#!/usr/bin/env node
// The Provisioning API with the Azure SDK's own libraries: a token, an account, 100 numbers, pages, If-Match, retries.
//
//   . DIR/env && cd examples/javascript && npm ci && NODE_EXTRA_CA_CERTS=$NUMGATE_CA node provision.js [ACCOUNT]
//
// (DIR/env is written by ./dev run.) The versions in package.json are the newest that run on Node 18.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Agent } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { getClient } from "@azure-rest/core-client";
import { ClientSecretCredential } from "@azure/identity";

const env = process.env;
const account = process.argv[2] ?? "example-javascript";

const credential = new ClientSecretCredential(env.NUMGATE_TENANT, env.NUMGATE_ADMIN_CLIENT_ID, env.NUMGATE_ADMIN_CLIENT_SECRET, {
  authorityHost: env.NUMGATE_AUTHORITY,
  disableInstanceDiscovery: true, // the issuer is not one of Microsoft's
});

const api = getClient(env.NUMGATE_URL, credential, {
  credentials: { scopes: [env.NUMGATE_SCOPE] },
  retryOptions: { maxRetries: 0 }, // the rule below instead
});

// The API's retry rule. After 429, and after 503 with Retry-After, wait as long as it says. After no connection, no answer, a cut answer
// and any other 5xx but 501 wait a minute. Then look the name up again, on a new connection, and send the same bytes once more.
const retryWait = Number(env.NUMGATE_RETRY_WAIT ?? 60); // seconds; shorter in tests
const attemptTime = Math.max(2, retryWait / 2);
const attempts = 5;

function waitAfter(reply) {
  if (!reply) return retryWait;
  const asked = reply.headers.get("retry-after");
  if ([429, 503].includes(reply.status) && asked !== undefined) return Number(asked);
  return reply.status >= 500 && reply.status !== 501 ? retryWait : undefined;
}

api.pipeline.addPolicy(
  {
    name: "retry-rule",
    async sendRequest(request, next) {
      request.timeout = attemptTime * 1000; // also what ends the wait for the rest of a cut answer
      for (let attempt = 1; ; attempt++) {
        let reply, failure;
        try {
          reply = await next(request);
        } catch (error) {
          if (!["RestError", "AbortError"].includes(error.name)) throw error;
          failure = error;
        }
        const wait = waitAfter(reply);
        if (wait === undefined || attempt === attempts) {
          if (failure) throw failure;
          return reply;
        }
        console.log(`  ${request.method}: ${reply?.status ?? failure.code ?? failure.name}; again in ${wait} s`);
        await sleep(wait * 1000);
        request.agent = new Agent({ keepAlive: false }); // its connection is new, and looks the name up
      }
    },
  },
  { phase: "Retry" },
);
api.pipeline.addPolicy({
  name: "api-version",
  sendRequest(request, next) {
    const url = new URL(request.url);
    if (!url.searchParams.has("api-version")) url.searchParams.set("api-version", "2024-02-29-preview");
    request.url = url.toString();
    return next(request);
  },
});

// A change that is sent again because its answer was lost is done once: the retry carries the same two headers.
const once = () => ({ "Repeatability-Request-ID": randomUUID(), "Repeatability-First-Sent": new Date().toUTCString() });

function expect(reply, ...statuses) {
  if (!statuses.includes(Number(reply.status))) {
    throw new Error(`${reply.request.method} ${reply.request.url}: ${reply.status} ${JSON.stringify(reply.body)}`);
  }
  return reply;
}

async function* numbers(pageSize) {
  let link = `/accounts/${account}/numbers?maxpagesize=${pageSize}`;
  while (link) {
    const page = expect(await api.pathUnchecked(link).get(), 200);
    console.log(`  a page of ${page.body.value.length}`);
    yield* page.body.value;
    link = page.body.nextLink;
  }
}

const path = api.path("/accounts/{accountName}", account);
let reply = expect(
  await path.put({
    headers: once(),
    body: { name: account, serviceDetails: { teamsDirectRouting: { enabled: true, syncEnabled: false } } },
  }),
  200,
  201,
);
console.log(`account ${account}: ${reply.status}`);

const wanted = Array.from({ length: 100 }, (_, n) => `+4930557${String(n).padStart(4, "0")}`);
reply = expect(
  await api.path("/accounts/{accountName}:createOrUpdateNumbers", account).post({
    headers: once(),
    body: {
      numbers: wanted.map((telephoneNumber) => ({
        telephoneNumber,
        accountName: account,
        serviceDetails: { teamsDirectRouting: { enabled: true } },
      })),
    },
  }),
  200,
);
console.log(`${reply.body.numbers.length} numbers in one request: ${reply.headers["repeatability-result"]}`);

const found = [];
for await (const number of numbers(30)) found.push(number.telephoneNumber);
assert.deepEqual(found, wanted);

const one = api.path("/accounts/{accountName}/numbers/{telephoneNumber}", account, wanted[7]);
reply = expect(await one.get(), 200);
const etag = reply.headers.etag;
const body = { ...reply.body, configuration: { customSipHeader: "desk-7" } };
reply = expect(await one.put({ headers: { ...once(), "If-Match": etag }, body }), 200);
console.log(`changed: ${JSON.stringify(reply.body.configuration)}`);
reply = expect(await one.put({ headers: { ...once(), "If-Match": etag }, body }), 412);
console.log(`with the old ETag: ${reply.status} ${reply.body.error.code}`);

expect(await path.delete({ headers: once(), queryParameters: { deleteNumbers: true } }), 204);
console.log("account and numbers deleted");

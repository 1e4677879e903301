// A real identity provider on this machine, for the tests of signing in: it believes everyone.
//
//   node provider.mjs [PORT]      prints its issuer when it listens; ends when its input does
//
// With PROVIDER_TLS, a folder that holds certificate.pem and key.pem, it speaks TLS.
//
// Who signs in next, and how, is put to /next as JSON:
//   hsa        the HSA-id that the provider knows them by, or none
//   acr        the level of assurance reached, or none
//   age_secs   how long ago they proved who they are
//   userinfo   whether the HSA-id is told at the userinfo endpoint alone
//   refuses    whether they turn back
//   asks       whether a page of the provider's asks them first
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import Provider from "oidc-provider";

const LOA2 = "http://id.sambi.se/loa/loa2";
const LOA3 = "http://id.sambi.se/loa/loa3";
let next = {};

const folder = process.env.PROVIDER_TLS;
const server = folder
  ? https.createServer({ cert: readFileSync(`${folder}/certificate.pem`), key: readFileSync(`${folder}/key.pem`) })
  : http.createServer();
await new Promise((done) => server.listen(Number(process.argv[2] ?? 0), "localhost", done));
const issuer = `${folder ? "https" : "http"}://localhost:${server.address().port}`;

const provider = new Provider(issuer, {
  acrValues: [LOA2, LOA3],
  claims: { openid: ["sub", "employeeHsaId"], acr: null, auth_time: null },
  clients: [
    {
      client_id: "inkom",
      client_secret: "a-secret-of-the-tests",
      redirect_uris: ["http://localhost/logga-in/klar"],
      grant_types: ["authorization_code"],
      response_types: ["code"],
    },
  ],
  cookies: { keys: ["of-the-tests"] },
  features: { claimsParameter: { enabled: true }, devInteractions: { enabled: false } },
  // New each time, as after a change of keys.
  jwks: {
    keys: [
      {
        ...generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" }),
        kid: randomUUID(),
        use: "sig",
      },
    ],
  },
  pkce: { required: () => true },
  findAccount: (ctx, id) => {
    const { hsa, userinfo } = JSON.parse(id);
    return {
      accountId: id,
      claims: (use) => ({ sub: id, ...(hsa && !(userinfo && use === "id_token") ? { employeeHsaId: hsa } : {}) }),
    };
  },
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope("openid");
    grant.addOIDCClaims(["employeeHsaId"]);
    await grant.save();
    return grant;
  },
});
// inkom's port is not known when this begins.
provider.Client.prototype.redirectUriAllowed = (uri) => /^https?:\/\/[a-z.]+:\d+\/logga-in\/klar$/.test(uri);

const handle = provider.callback();
server.on("request", async (request, response) => {
  try {
    if (request.method === "PUT" && request.url === "/next") {
      let text = "";
      for await (const part of request) text += part;
      next = JSON.parse(text);
      response.writeHead(204).end();
    } else if (request.url.startsWith("/interaction/")) {
      const { hsa, acr, age_secs: age = 0, userinfo, refuses, asks } = next;
      if (asks && request.method === "GET") {
        response.writeHead(200, { "content-type": "text/html" }).end("<form method=post><button>Legitimera</button></form>");
        return;
      }
      const now = Math.floor(Date.now() / 1000);
      const result = refuses
        ? { error: "access_denied", error_description: "turned back" }
        : { login: { accountId: JSON.stringify({ hsa, userinfo }), acr, ts: now - age, remember: false } };
      await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
    } else {
      handle(request, response);
    }
  } catch (error) {
    console.error(error);
    response.writeHead(500).end();
  }
});

process.stdin.on("end", () => process.exit()).resume();
console.log(issuer);

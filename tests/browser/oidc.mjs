// Signing in by an identity provider of another site, over TLS, in Chromium; and the administrator's page by axe-core.
//
// The pages are at https://inkom.example, which Chromium finds on this machine, and the provider at https://localhost: a browser
// that comes from there leaves out cookies that are SameSite=Strict.

import { execFileSync, spawn } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import https from "node:https";
import { join } from "node:path";
import { check, checked, freePort, launch, newFolder, run, until } from "./browser.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const HSA_ID = "SE2321000131-P000000000001";
const LOA2 = "http://id.sambi.se/loa/loa2";
const LOA3 = "http://id.sambi.se/loa/loa3";

const folder = newFolder();
const at = (name) => join(folder, name);
const write = (name, text) => {
  writeFileSync(at(name), text);
  chmodSync(at(name), 0o600);
};
execFileSync(
  "openssl",
  ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", "/CN=of the tests"]
    .concat(["-addext", "subjectAltName=DNS:localhost,DNS:inkom.example", "-addext", "basicConstraints=critical,CA:FALSE"])
    .concat(["-keyout", at("key.pem"), "-out", at("certificate.pem")]),
  { stdio: "ignore" },
);
chmodSync(at("key.pem"), 0o600);
write("client-secret", "a-secret-of-the-tests");

const provider = spawn("node", [new URL("provider.mjs", import.meta.url).pathname], {
  env: { ...process.env, PROVIDER_TLS: folder },
  stdio: ["pipe", "pipe", "ignore"],
});
let said = "";
provider.stdout.on("data", (text) => (said += text));
const issuer = (await until("the provider", () => said.match(/^https:\/\/localhost:\d+$/m)))[0];

const port = await freePort();
const origin = `https://inkom.example:${port}`;
const clinic = run(
  folder,
  `listen = "127.0.0.1:${port}"
origin = "${origin}"
tls = { certificate_file = "certificate.pem", key_file = "${at("key.pem")}" }
[web.sign_in]
kind = "oidc"
issuer = "${issuer}"
client_id = "inkom"
client_secret_file = "${at("client-secret")}"
ca_file = "certificate.pem"`,
);

/** One request to this machine that trusts the certificate above. */
const ask = (url, method = "GET", body = "") =>
  new Promise((resolve) => {
    const options = { method, ca: readFileSync(at("certificate.pem")), servername: "localhost" };
    const request = https.request(url, options, (answer) => answer.resume().on("end", () => resolve(answer.statusCode)));
    request.on("error", () => resolve(0)).end(body);
  });
const next = (who) => ask(`${issuer}/next`, "PUT", JSON.stringify(who));

const browser = await launch("--host-resolver-rules=MAP inkom.example 127.0.0.1");
try {
  await until("the pages", async () => (await ask(`https://localhost:${port}/logga-in`)) === 200);
  clinic.invite("Kim Ek", "--hsa-id", HSA_ID, "--role", "administrator");
  const visit = async (who) => {
    await next({ ...who, asks: true });
    const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: "sv-SE" });
    const page = await context.newPage();
    await page.goto(origin);
    check(page.url() === `${origin}/logga-in`, "one who has not signed in is asked to", page.url());
    await page.getByRole("link", { name: "Logga in med e-legitimation" }).click();
    // From here on it is the provider that sends the browser on.
    await page.getByRole("button", { name: "Legitimera" }).click();
    return page;
  };

  const page = await visit({ hsa: HSA_ID, acr: LOA3 });
  await page.waitForURL(`${origin}/`);
  check((await page.locator(".who").innerText()).includes("Kim Ek"), "who reached LoA 3 comes from the provider to the queue");
  const cookies = await page.context().cookies(origin);
  const session = cookies.find(({ name }) => name === "__Host-inkom");
  check(session?.sameSite === "Strict" && session.httpOnly && session.secure, "the session's cookie is Strict", session);
  check(cookies.length === 1, "the cookie of the way there is gone", cookies.map(({ name }) => name));

  await page.goto(`${origin}/halsa`);
  await page.evaluate(AXE);
  for (const width of [1280, 320]) {
    await page.setViewportSize({ width, height: 900 });
    const { violations } = await page.evaluate(() => globalThis.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }));
    check(violations.length === 0, `axe-core finds nothing on /halsa at ${width} px`, violations.map(({ id, nodes }) => [id, nodes[0].html]));
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    check(overflow <= 0, `/halsa fits into ${width} px`, overflow);
  }

  for (const [who, says] of [
    [{ hsa: HSA_ID, acr: LOA2 }, "på en lägre nivå"],
    [{ hsa: HSA_ID }, "på en lägre nivå"],
    [{ hsa: HSA_ID, acr: LOA3, age_secs: 4000 }, "för länge sedan"],
    [{ hsa: "SE2321000131-P000000000009", acr: LOA3 }, "ingen behörighet här"],
    [{ refuses: true }, "avbröts"],
  ]) {
    const page = await visit(who);
    await page.waitForURL(`${origin}/logga-in/klar*`);
    check((await page.locator("main").innerText()).includes(says), `is told why: ${says}`, await page.locator("main").innerText());
    await page.goto(origin);
    check(page.url() === `${origin}/logga-in`, "and has no session", page.url());
    await page.context().close();
  }
  console.log(`oidc: ${checked()} checks`);
} finally {
  await browser.close();
  provider.stdin.end();
  await clinic.end();
}

// Passkeys in a real browser with virtual authenticators (Web Authentication §11): enrolment by a one-time link, two for
// everyone, sign-in, and what is refused.

import assert from "node:assert/strict";
import { launch, withPasskeys } from "./browser.mjs";

const clinic = await withPasskeys();
const { origin } = clinic;
const invitation = clinic.invite("Åsa Öberg");
const browser = await launch();
const page = await (await browser.newContext({ locale: "sv-SE" })).newPage();
page.setDefaultTimeout(20_000);
const faults = [];
page.on("pageerror", (error) => faults.push(String(error)));
const authenticators = await page.context().newCDPSession(page);
await authenticators.send("WebAuthn.enable");

// A device that makes passkeys, for an owner who shows a finger where it can be shown.
async function device(options = {}) {
  const { authenticatorId } = await authenticators.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
      automaticPresenceSimulation: true, ...options,
    },
  });
  return authenticatorId;
}
const away = (authenticatorId) => authenticators.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId });
const verified = (authenticatorId, isUserVerified) =>
  authenticators.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });

const path = () => new URL(page.url()).pathname;
const told = async () => {
  await page.waitForFunction(() => document.querySelector(".told")?.textContent);
  return page.textContent(".told");
};
const isAt = async (where) => page.waitForURL((url) => url.pathname === where);

async function shows(what, holds) {
  await holds();
  console.log(`ok  ${what}`);
}

// Sends JSON as a script of the page would, and gives status and text.
const send = (to, body, csrf) =>
  page.evaluate(
    async ({ to, body, csrf }) => {
      const headers = { "content-type": "application/json", ...(csrf && { "x-csrf": csrf }) };
      const response = await fetch(to, { method: "POST", headers, body: JSON.stringify(body) });
      return { status: response.status, text: await response.text() };
    },
    { to, body, csrf },
  );

// A browser that has been told not to ask for a finger: what the server then gets is unverified.
const careless = () =>
  page.evaluate(() => {
    for (const verb of ["create", "get"]) {
      const honest = navigator.credentials[verb].bind(navigator.credentials);
      navigator.credentials[verb] = ({ publicKey }) => {
        const { extensions, ...asked } = publicKey;
        // Devices without a finger make what is asked for here, and not what is asked for by the page.
        if (asked.authenticatorSelection) asked.authenticatorSelection = { userVerification: "discouraged" };
        return honest({ publicKey: { ...asked, userVerification: "discouraged" } });
      };
    }
  });

try {
  let first = await device();
  let kept;

  await shows("a link shows whose it is, and looking at it does not use it up", async () => {
    for (let look = 0; look < 3; look += 1) {
      assert.equal((await page.goto(invitation)).status(), 200);
      assert.match(await page.textContent("main"), /Inbjudan gäller/);
    }
  });

  await shows("a passkey without user verification is not enrolled, and leaves the link unused", async () => {
    await verified(first, false);
    await page.click("form[data-passkey] button");
    assert.match(await told(), /avbröts/);
    await away(first);
    first = await device({ transport: "usb", hasUserVerification: false, isUserVerified: false });
    await page.goto(invitation);
    await careless();
    await page.click("form[data-passkey] button");
    assert.match(await told(), /måste låsas upp/);
    await away(first);
    first = await device();
    assert.equal((await page.goto(invitation)).status(), 200);
  });

  await shows("with one passkey every page leads to one's own, which asks for another", async () => {
    await page.fill("input[name=label]", "Telefonen");
    await page.click("form[data-passkey] button");
    await isAt("/konto");
    assert.match(await page.textContent("main"), /Du har bara en passnyckel/);
    for (const other of ["/", "/uppehall", "/handling/MM-2026-00001", "/tangenter"]) {
      await page.goto(origin + other);
      assert.equal(path(), "/konto", other);
    }
  });

  await shows("the link is used up", async () => {
    const again = await page.goto(invitation);
    assert.equal(again.status(), 410);
    assert.match(await page.textContent("main"), /gäller inte längre/);
    assert.equal((await send(`${invitation}/borja`, {})).status, 410);
  });

  await shows("the second passkey is not made on the device that holds the first", async () => {
    await page.goto(`${origin}/konto`);
    await page.click("form[data-passkey] button");
    assert.match(await told(), /finns redan/);
  });

  await shows("with two passkeys the queue is open", async () => {
    kept = (await authenticators.send("WebAuthn.getCredentials", { authenticatorId: first })).credentials;
    assert.equal(kept.length, 1);
    await away(first);
    first = await device();
    await page.fill("input[name=label]", "Säkerhetsnyckeln");
    await Promise.all([page.waitForNavigation(), page.click("form[data-passkey] button")]);
    const text = await page.textContent("main");
    assert.match(text, /Telefonen/);
    assert.match(text, /Säkerhetsnyckeln/);
    assert.doesNotMatch(text, /Du har bara en passnyckel/);
    await page.goto(`${origin}/`);
    assert.equal(path(), "/");
    assert.equal(await page.textContent("h1"), "Kön");
  });

  await shows("of two passkeys none can be removed", async () => {
    await page.goto(`${origin}/konto`);
    assert.equal(await page.locator("form[action*='ta-bort']").count(), 0);
    const csrf = await page.getAttribute("form[data-passkey]", "data-csrf");
    const credential = kept[0].credentialId.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    const status = await page.evaluate(
      async ({ to, csrf }) => (await fetch(to, { method: "POST", body: new URLSearchParams({ csrf }) })).status,
      { to: `/konto/passnyckel/${credential}/ta-bort`, csrf },
    );
    assert.equal(status, 409);
    await page.reload();
    assert.match(await page.textContent("main"), /Telefonen/);
  });

  await shows("a script without the session's token adds nothing", async () => {
    assert.equal((await send("/konto/passnyckel/borja", {}, "another")).status, 403);
    assert.equal((await send("/konto/passnyckel/borja", {})).status, 403);
  });

  let proof;
  await shows("one signs out, and in again without giving a name", async () => {
    await page.click("text=Logga ut");
    await isAt("/logga-in");
    await page.goto(`${origin}/`);
    assert.equal(path(), "/logga-in");
    page.on("request", (request) => {
      if (request.url().endsWith("/logga-in/passnyckel/klar")) proof = request.postDataJSON();
    });
    await page.click("form[data-passkey] button");
    await isAt("/");
    assert.equal(await page.textContent("h1"), "Kön");
    assert.equal(await page.evaluate(() => document.cookie), "", "scripts do not see the cookie");
  });

  await shows("the other passkey signs in as well", async () => {
    await page.click("text=Logga ut");
    await isAt("/logga-in");
    await away(first);
    first = await device();
    await authenticators.send("WebAuthn.addCredential", { authenticatorId: first, credential: kept[0] });
    await page.click("form[data-passkey] button");
    await isAt("/");
    await page.click("text=Logga ut");
    await isAt("/logga-in");
  });

  await shows("a proof is taken once", async () => {
    assert(proof.credential.response.signature);
    const again = await send("/logga-in/passnyckel/klar", proof);
    assert.equal(again.status, 403);
    const fresh = JSON.parse((await send("/logga-in/passnyckel/borja", {})).text);
    const other = await send("/logga-in/passnyckel/klar", { ...proof, id: fresh.id });
    assert.deepEqual(other, again, "and nobody learns what was wrong with it");
  });

  await shows("without user verification nobody signs in, whether the browser minds or not", async () => {
    await verified(first, false);
    await page.click("form[data-passkey] button");
    assert.match(await told(), /avbröts/);
    await page.reload();
    await careless();
    const answered = page.waitForResponse((response) => response.url().endsWith("/klar"));
    await page.click("form[data-passkey] button");
    const answer = await answered;
    assert.equal(answer.status(), 403);
    assert.equal(answer.headers()["set-cookie"], undefined);
    assert.match(await told(), /godkändes inte/);
    await page.goto(`${origin}/`);
    assert.equal(path(), "/logga-in");
    await verified(first, true);
  });

  const copy = kept[0];
  await shows("a copy of a passkey that has not counted along is refused", async () => {
    kept = (await authenticators.send("WebAuthn.getCredentials", { authenticatorId: first })).credentials;
    assert(kept[0].signCount > copy.signCount);
    await away(first);
    first = await device();
    await authenticators.send("WebAuthn.addCredential", { authenticatorId: first, credential: copy });
    await page.click("form[data-passkey] button");
    assert.match(await told(), /godkändes inte/);
  });

  await shows("a passkey that nobody here knows is refused in the same words", async () => {
    await page.reload();
    await away(first);
    first = await device();
    const stranger = await page.evaluate(async () => {
      const made = await navigator.credentials.create({
        publicKey: {
          rp: { id: location.hostname, name: "inkom" },
          user: { id: crypto.getRandomValues(new Uint8Array(16)), name: "okänd", displayName: "okänd" },
          challenge: new Uint8Array(32),
          pubKeyCredParams: [{ type: "public-key", alg: -7 }],
          authenticatorSelection: { residentKey: "required", userVerification: "required" },
        },
      });
      return made.id;
    });
    assert(stranger);
    await page.click("form[data-passkey] button");
    assert.match(await told(), /godkändes inte/);
  });

  await shows("of three passkeys one can be removed, and then signs in no more", async () => {
    await away(first);
    first = await device();
    await authenticators.send("WebAuthn.addCredential", { authenticatorId: first, credential: kept[0] });
    await page.reload();
    await page.click("form[data-passkey] button");
    await isAt("/");
    await page.goto(`${origin}/konto`);
    kept = (await authenticators.send("WebAuthn.getCredentials", { authenticatorId: first })).credentials;
    await away(first);
    first = await device();
    await Promise.all([page.waitForNavigation(), page.click("form[data-passkey] button")]);
    assert.match(await page.textContent("main"), /Passnyckel 3/);
    await page.click("button[aria-label='Ta bort Telefonen']");
    await page.waitForFunction(() => !document.querySelector("main").textContent.includes("Telefonen"));
    assert.equal(await page.locator("form[action*='ta-bort']").count(), 0);
    await page.click("text=Logga ut");
    await isAt("/logga-in");
    await away(first);
    first = await device();
    await authenticators.send("WebAuthn.addCredential", { authenticatorId: first, credential: kept[0] });
    await page.click("form[data-passkey] button");
    assert.match(await told(), /godkändes inte/);
  });

  assert.deepEqual(faults, [], "no script has failed");
} finally {
  await browser.close();
  await clinic.end();
}

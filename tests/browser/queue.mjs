// Reception's pages in Chromium, on the demonstration's mail: sign-in, keys, pages without scripts, accessibility by
// axe-core, width on a clinic's screen and a phone, and hostile mail that must not reach the network.
//
// Pictures of the pages are left in target/browser, to be looked at.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { join } from "node:path";
import { check, checked, demo, launch, until } from "./browser.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const pictures = new URL("../../target/browser/", import.meta.url).pathname;
mkdirSync(pictures, { recursive: true });

/** Counts who calls. Hostile mail points here, so that one connection is one leak. */
const canary = createServer((socket) => {
  canary.calls = (canary.calls ?? 0) + 1;
  socket.on("error", () => {});
  socket.end("HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 0\r\n\r\n");
});
await new Promise((resolve) => canary.listen(0, "127.0.0.1", resolve));
const elsewhere = `http://127.0.0.1:${canary.address().port}`;

const HOSTILE = `<html><head><link rel="stylesheet" href="${elsewhere}/style.css"><link rel="dns-prefetch" href="${elsewhere}">
<link rel="preconnect" href="${elsewhere}"><meta http-equiv="refresh" content="0;url=${elsewhere}/refresh"><base href="${elsewhere}/">
<style>@import url(${elsewhere}/import.css); body { background: url(${elsewhere}/background.png) } @font-face { font-family: x; src: url(${elsewhere}/font) } p { font-family: x }</style></head>
<body onload="fetch('${elsewhere}/onload')" background="${elsewhere}/body.png"><p>Hej</p>
<img src="${elsewhere}/pixel.png"><img srcset="${elsewhere}/set.png 1x" src=x onerror="fetch('${elsewhere}/onerror')">
<script>fetch("${elsewhere}/script")</script><script src="${elsewhere}/script.js"></script>
<iframe src="${elsewhere}/frame"></iframe><iframe srcdoc="<img src='${elsewhere}/srcdoc.png'>"></iframe>
<object data="${elsewhere}/object"></object><embed src="${elsewhere}/embed"><video src="${elsewhere}/video" autoplay poster="${elsewhere}/poster"></video>
<audio src="${elsewhere}/audio" autoplay></audio><svg><image href="${elsewhere}/svg.png"/><use href="${elsewhere}/use.svg#x"/></svg>
<form action="${elsewhere}/form"><input type="image" src="${elsewhere}/input.png"><button id="send">skicka</button></form>
<a href="${elsewhere}/link" ping="${elsewhere}/ping">länk</a><p style="background:url(${elsewhere}/inline.png)">slut</p></body></html>`;

const clinic = await demo();
const browser = await launch();
try {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "sv-SE" });
  const page = await context.newPage();
  const strangers = [];
  const faults = [];
  context.on("request", (request) => {
    if (!request.url().startsWith(clinic.origin)) strangers.push(request.url());
  });
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(String(error)));
  const go = (path) => page.goto(new URL(path, clinic.origin).href);
  const picture = (name) => page.screenshot({ path: join(pictures, `${name}.png`) });

  /** WCAG 2.1 A and AA by axe-core. Its script is run past the page's own policy, which refuses it. */
  const accessible = async (what) => {
    const found = await page.evaluate(
      async (axe) => {
        if (!window.axe) new Function(axe)();
        for (const part of document.querySelectorAll("details")) part.open = true;
        const { violations } = await window.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] });
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
      },
      AXE,
    );
    check(found.length === 0, `${what} is accessible`, found);
  };
  const fits = async (what) => {
    for (const width of [1280, 390, 320]) {
      await page.setViewportSize({ width, height: 900 });
      const { wide, over } = await page.evaluate((width) => ({
        wide: document.documentElement.scrollWidth,
        over: [...document.querySelectorAll("body *")]
          .filter((element) => element.getBoundingClientRect().right > width)
          .map((element) => element.outerHTML.slice(0, 100)),
      }), width);
      check(wide <= width, `${what} fits ${width} px`, over);
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  };

  // Sign-in by the link, which a look does not use up.
  await page.goto(clinic.link);
  await page.goto(clinic.link);
  await accessible("the link's page");
  await page.getByRole("button", { name: "Logga in" }).click();
  await page.waitForURL(`${clinic.origin}/`);
  const lines = () => page.locator("#ko tbody tr").count();
  await until("all of the demonstration's mail in the queue", async () => (await go("/"), (await lines()) === 19));
  check((await page.locator("#ko tbody tr").first().textContent()).includes("Kan gälla fara för liv"), "danger is on top");
  await picture("queue");
  const used = await context.request.get(clinic.link);
  check(used.status() === 410, "the link has been used", used.status());

  // Keys alone.
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/handling/*");
  check((await page.locator("h1").textContent()).startsWith("MM "), "Enter opens the line");
  await picture("entry");
  await page.keyboard.press("t");
  await page.getByText("Du har tagit den").waitFor();
  await page.keyboard.press("u");
  await page.waitForURL(`${clinic.origin}/`);
  check((await page.locator("#ko tbody tr").first().textContent()).includes("Du har tagit den"), "the queue says who has it");
  await page.keyboard.press("/");
  await page.keyboard.type("återbud");
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await page.waitForURL("**/tangenter");
  await accessible("the page of keys");
  await page.getByLabel("Använd tangenterna").uncheck();
  await go("/");
  await page.keyboard.press("?");
  await page.waitForTimeout(300);
  check(page.url() === `${clinic.origin}/`, "keys that are switched off do nothing");
  await go("/tangenter");
  await page.getByLabel("Använd tangenterna").check();

  // Enter in a box that is ticked opens its line, and closes nothing.
  await go("/");
  await page.locator("#ko input[name=handling]").nth(3).focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/handling/*");
  await go("/");
  check((await lines()) === 19, "Enter in a ticked box closes nothing");

  // By Tab, as with a screen reader: the first stop leads past the menu.
  await go("/");
  await page.keyboard.press("Tab");
  check((await page.evaluate(() => document.activeElement.textContent)) === "Till innehållet", "the first stop leads to the content");
  const stops = [];
  for (let step = 0; step < 40; step += 1) {
    await page.keyboard.press("Tab");
    stops.push(await page.evaluate(() => document.activeElement.textContent.trim()));
  }
  check(stops.includes("MM 2026-00012") || stops.some((stop) => /^MM \d{4}-\d{5}$/.test(stop)), "Tab reaches the lines", stops);

  // A search, and one that finds nothing.
  await go("/?sok=recept");
  check((await lines()) > 0, "the search finds what the text says");
  await accessible("a search");
  await go("/?sok=finnsinte");
  check((await page.getByText("Ingenting passar in").count()) === 1, "a search that finds nothing says so");
  await accessible("an empty search");
  await go("/?fran=igår");
  check((await page.getByRole("alert").textContent()).includes("igår"), "what is no date is told");

  // Two windows on one entry: the later is told.
  const entry = await page.evaluate(() => "/handling/MM-2026-00003");
  await go(entry);
  const other = await context.newPage();
  await other.goto(page.url());
  await page.getByRole("button", { name: "Jag tar den" }).click();
  await page.getByText("Du har tagit den").waitFor();
  const [late] = await Promise.all([
    other.waitForResponse((response) => response.request().method() === "POST"),
    other.getByRole("button", { name: "Jag tar den" }).click(),
  ]);
  check(late.status() === 409, "a page that is no longer true is refused", late.status());
  await other.getByText("Någon hann före").waitFor();
  await other.close();

  // Without scripts.
  const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() });
  const still = await plain.newPage();
  await still.goto(`${clinic.origin}/`);
  await still.locator("#ko a").nth(1).click();
  await still.getByRole("button", { name: "Jag tar den" }).click();
  await still.getByRole("button", { name: "Lämna den ifrån dig" }).click();
  check((await still.getByText("Ingen har tagit den").count()) === 1, "an entry is taken and given back without scripts");
  await still.goto(`${clinic.origin}/`);
  await still.getByLabel("Sök i text").fill("kallelse");
  await still.getByRole("button", { name: "Sök", exact: true }).click();
  check((await still.locator("#ko tbody tr").count()) > 0, "the search works without scripts");
  await plain.close();

  // Hostile mail. First, that the canary hears what an unguarded browser does with it.
  const naked = await browser.newPage();
  await naked.setContent(HOSTILE);
  await until("an unguarded page calling home", () => (canary.calls ?? 0) > 3);
  await naked.close();
  canary.calls = 0;
  strangers.length = 0;
  const mail = (type, body) =>
    `From: ond@example.org\r\nTo: mottagningen@example.se\r\nSubject: Fientligt ${type}\r\nMIME-Version: 1.0\r\nContent-Type: ${type}; charset=utf-8\r\n\r\n${body}\r\n`;
  writeFileSync(join(clinic.inbox, "hostile-html.eml"), mail("text/html", HOSTILE));
  writeFileSync(join(clinic.inbox, "hostile-text.eml"), mail("text/plain", HOSTILE));
  await until("the hostile mail in the queue", async () => (await go("/"), (await lines()) === 21));
  for (const number of ["MM-2026-00020", "MM-2026-00021"]) {
    await go(`/handling/${number}`);
    await accessible(`hostile mail, ${number}`);
    await fits(`hostile mail, ${number}`);
    await picture(`hostile-${number}`);
    const frame = page.frames()[1];
    if (frame) {
      check((await frame.locator("body").textContent()).includes("Hej"), "the frame shows the text");
      const styled = await frame.evaluate(() => getComputedStyle(document.body).backgroundColor);
      check(styled === "rgb(255, 255, 255)", "the frame looks like our pages", styled);
    }
    await page.waitForTimeout(500);
  }
  check(canary.calls === 0, "hostile mail reaches nobody", canary.calls);
  check(strangers.length === 0, "no request leaves the clinic's own origin", strangers);

  // All other pages.
  for (const path of ["/", "/uppehall", "/konto", "/tillganglighet", "/logga-in", "/handling/MM-2026-00005", "/ny", "/uttag", "/logg", "/logg/stickprov", "/logg/utdrag", "/halsa"]) {
    const answer = await go(path);
    check(answer.status() === 200, `${path} is there`, answer.status());
    await accessible(path);
    await fits(path);
    await picture(path === "/" ? "queue-all" : path.slice(1).replaceAll("/", "-"));
  }
  check((await (await go("/finns-inte")).status()) === 404, "what is not there is not found");
  await accessible("what is not found");
  check(faults.filter((fault) => !/404|409|410/.test(fault)).length === 0, "the browser found no fault", faults);

  await page.setViewportSize({ width: 390, height: 844 });
  for (const [name, path] of [["phone-queue", "/"], ["phone-entry", "/handling/MM-2026-00012"]]) {
    await go(path);
    await picture(name);
  }
  await page.setViewportSize({ width: 1280, height: 900 });

  // Signing out ends it.
  await go("/");
  await page.getByRole("button", { name: "Logga ut" }).click();
  await page.waitForURL("**/logga-in");
  await go("/handling/MM-2026-00001");
  check(page.url().endsWith("/logga-in"), "nothing is shown after signing out", page.url());
  console.log(`queue: ${checked()} checks hold`);
} finally {
  await browser.close();
  await clinic.end();
  canary.close();
}

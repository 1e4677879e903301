// A morning at reception, by keyboard alone: everything that lies in the demonstration's queue is read and decided on, and the
// diary tells afterwards what became of each. The mouse is not touched after sign-in.

import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { INKOM, check, checked, demo, launch, until } from "./browser.mjs";

const pictures = new URL("../../target/browser/", import.meta.url).pathname;
mkdirSync(pictures, { recursive: true });

// The Tax Agency's test numbers, which no one has.
const ASTRID = "189001039800";
const ANNAN = "199205189823";

const clinic = await demo();
const browser = await launch();
try {
  const context = await browser.newContext({ viewport: { width: 1280, height: 1000 }, locale: "sv-SE" });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  const keyboard = page.keyboard;
  const picture = (name) => page.screenshot({ path: join(pictures, `${name}.png`) });
  const diary = () =>
    execFileSync(INKOM, ["diary", "--json", "--config", join(clinic.folder, "inkom.toml")], { encoding: "utf8" })
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));

  await page.goto(clinic.link);
  await page.getByRole("button", { name: "Logga in" }).click();
  await until("all of the morning's mail in the queue", async () => {
    await page.goto(clinic.origin);
    return (await page.locator("#ko tbody tr").count()) === 19 && (await page.getByText("Svar på väg").count()) === 0;
  });

  /** Presses one key after another. */
  const press = async (...keys) => {
    for (const key of keys) await keyboard.press(key);
  };
  /** A key that sends a form, and the page that follows. */
  const send = async (key = "Enter") => {
    await Promise.all([page.waitForEvent("load"), keyboard.press(key)]);
  };
  /** From the entry that is open, or from where one is, to the queue. */
  const queue = async () => {
    if (!page.url().includes("/handling/")) return;
    await keyboard.press("Escape");
    await send("u");
  };
  /** Down to the line that says this, by j. */
  const line = async (subject, nth = 0) => {
    await queue();
    let met = -1;
    for (let n = 0; n < 60; n += 1) {
      await keyboard.press("j");
      const text = await page.evaluate(() => document.activeElement.closest("tr")?.querySelector(".what .subject")?.textContent ?? "");
      if (text.trim() === subject && (met += 1) === nth) return;
    }
    throw new Error(`no line says ${subject}`);
  };
  const open = async (subject, nth = 0) => {
    await line(subject, nth);
    await send();
    check(page.url().includes("/handling/"), `${subject} is open`);
  };
  const heading = () => page.locator("#lage").textContent();
  /** Into the record, where it lies already: number, tick, way, reference. */
  const recorded = async (number, reference) => {
    await press("1");
    await keyboard.type(number);
    await press("Tab", "Space", "Tab", "ArrowDown", "Tab");
    await keyboard.type(reference);
    await send();
  };

  // Danger is on top. It is read, handed over, acknowledged, and somebody calls, with the number hidden.
  await press("j");
  await send();
  check((await page.locator(".alarm").textContent()).includes("vill inte leva"), "what speaks of danger is opened first");
  await send("t");
  await press("3");
  await keyboard.type("Jourläkaren");
  await send();
  check((await heading()).startsWith("Hos behandlare"), "handed over", await heading());
  await send("b");
  await press("4");
  await send();
  check((await heading()).startsWith("Ring tillbaka"), "somebody is to call", await heading());
  await picture("decide");
  await press("4", "Tab");
  await keyboard.type("Pratade");
  await press("Tab");
  await keyboard.press("Enter");
  check((await heading()).startsWith("Ring tillbaka"), "a call with the number shown is not taken");
  await press("Escape", "4", "Space", "Tab", "Tab");
  await send();
  await recorded(ANNAN, "Anteckning 2026-11-23");
  check(page.url().includes("avslutad="), "what is in the record is closed");

  // A patient. The twelfth digit is wrong first, and nothing is done.
  await open("Ändra tid på torsdag");
  await press("1");
  check((await page.locator(".decide").textContent()).includes("18900103-••••"), "the number in the text is a hint, masked");
  await press("Escape");
  await recorded("189001039801", "J 1");
  check((await page.locator("h1").textContent()) === "Ingenting är gjort", "a wrong twelfth digit is refused");
  await Promise.all([page.waitForEvent("load"), page.goBack()]);
  await page.reload();
  await recorded(ASTRID, "Anteckning 2026-11-23");
  await open("Ändra tid på torsdag");
  await press("2");
  await keyboard.type("Dubblett");
  await press("Tab");
  await send();
  await until("the duplicate is closed", async () => page.url().includes("klart="));

  // Two keystrokes each for what nobody has asked for; one of them by mistake, and undone.
  for (const [subject, key] of [["Du har vunnit!!!", "s"], ["Inbjudan: webbinarium om bemötande", "r"], ["Faktura 10443", "r"]]) {
    await line(subject);
    await press("x");
    await send(key);
    await page.getByRole("status").waitFor();
  }
  await send("z");
  check((await page.locator("#ko").textContent()).includes("Faktura 10443"), "what was undone is in the queue again");
  await open("Faktura 10443");
  await press("8");
  await keyboard.type("Faktura");
  await press("Tab", "Tab");
  await keyboard.type("F");
  await press("Tab");
  await keyboard.type("Nej");
  await press("Tab");
  await send();
  await press("2");
  await keyboard.type("Avsändaren");
  await press("Tab");
  await send();

  // A journalist is not asked who it is.
  await open("Begäran om allmän handling");
  await press("6");
  await keyboard.type("All");
  await press("Tab");
  await send();
  check((await heading()).startsWith("Begäran att besvara"), "the clock runs", await heading());
  check((await page.locator(".decide").textContent()).includes("Fråga inte vem det är"), "nobody is asked who they are");
  await press("6");
  await keyboard.type("Utl");
  await press("Tab");
  await send();
  await press("2");
  await keyboard.type("Avsändaren");
  await press("Tab");
  await send();

  await open("Till bygglov");
  await press("7", "Tab", "Tab");
  await keyboard.type("Byggnadsnämnden, med internpost");
  await send();

  // A mother: note, mark, call. It stays in the queue until somebody has called.
  await open("Min dotter");
  await press("9");
  await keyboard.type("Dottern vet inte om det. Ring mamman efter 16.");
  await press("Tab");
  await send();
  await press("9", "Tab", "Tab", "Tab", "Space", "Tab", "Tab", "Tab", "Tab");
  await send();
  check((await page.locator(".warning").first().textContent()).includes("vårdnadshavare"), "the mark stands on top");
  await press("4");
  await keyboard.type("2099-01-04");
  await send();

  // Patients, in three ways: printed and put in, in the record already, and not known who it is.
  const patients = diary().filter(({ state, triage }) => state === "registrerad" && triage.kind === "person");
  const subjects = patients.map(({ summary }) => summary.subject?.trim() || "(inget ämne)");
  for (const [n, subject] of subjects.entries()) {
    if (n === 0) {
      await open(subject);
      await press("1");
      await keyboard.type(ANNAN);
      await press("Tab", "Space");
      await send();
      check((await heading()).startsWith("Utskriven"), "printed, and to be put in", await heading());
      await press("1");
      await keyboard.type("Skannad 2026-11-23");
      await send();
    } else if (n === 1) {
      await open(subject);
      await press("5");
      await keyboard.type("Namnet finns inte i journalen.");
      await send();
      check((await heading()).startsWith("Väntar på identifiering"), "it waits", await heading());
    } else {
      await open(subject);
      await recorded(n % 2 ? ASTRID : ANNAN, `Anteckning ${n}`);
    }
  }
  // What is left is automatic: all at once.
  await queue();
  const left = diary().filter(({ state }) => state === "registrerad");
  for (const { summary } of left) {
    await line(summary.subject.trim());
    await press("x");
  }
  await send("r");
  await page.getByRole("status").waitFor();
  await picture("queue-decided");

  // An sms on the clinic's telephone, answered with the prescribed text: registered by hand, and somebody calls.
  await send("n");
  await page.locator("select[name=kanal]:focus").waitFor();
  await press("Tab");
  await keyboard.press("Control+A");
  await keyboard.type("2026-11-20 16:45");
  await press("Tab");
  await keyboard.type("Okänd, 070-174 06 13");
  await press("Tab", "Tab");
  await keyboard.type("Hej kan ni ringa mig");
  await picture("manual");
  await press("Tab", "Tab", "Tab", "Space", "Tab");
  await send();
  check((await heading()).startsWith("Ring tillbaka"), "an answered sms is to be called", await heading());
  const sms = () => diary().find(({ channel }) => channel === "sms");
  await until("the sms is read and rendered", async () => sms().stage === "done");
  check(sms().arrival_source === "person" && sms().arrived_at === "2026-11-20T15:45:00Z", "it came when it came", sms().arrived_at);
  check(sms().reply === "withheld" && sms().reply_reason === "registered-by-hand", "no reply goes out by itself", sms().reply_reason);
  await page.reload();
  await press("4", "Space", "Tab");
  await keyboard.type("Pratade");
  await press("Tab");
  await send();
  await press("2");
  await keyboard.type("Personen");
  await press("Tab");
  await send();

  const all = diary();
  const of = (subject, n = 0) => all.filter(({ summary }) => summary.subject === subject)[n];
  const DONE = { t: "Tog handlingen", pat: "Kopplade handlingen till en patient", in: "Noterade att den är i journalen", not: "Bestämde att den inte ska journalföras", low: "Bestämde att den är av ringa betydelse", again: "Öppnade den igen", call: "Noterade att någon ska ringa" };
  const expected = [
    [of("orkar inte"), "avslutad", "journalford", "ej-provad", [DONE.t, "Lämnade den till behandlare", "Bekräftade att behandlaren har den", DONE.call, "Ringde", DONE.pat, DONE.in]],
    [of("Ändra tid på torsdag"), "avslutad", "journalford", "ej-provad", [DONE.pat, DONE.in]],
    [of("Ändra tid på torsdag", 1), "avslutad", "ska-inte-journalforas", "ej-provad", [DONE.not]],
    [of("Du har vunnit!!!"), "avslutad", "skrappost", "nej", [DONE.low]],
    [of("Inbjudan: webbinarium om bemötande"), "avslutad", "ringa-betydelse", "nej", [DONE.low]],
    [of("Faktura 10443"), "avslutad", "ska-inte-journalforas", "nej", [DONE.low, DONE.again, "Skrev uppgifter i diariet", DONE.not]],
    [of("Begäran om allmän handling"), "avslutad", "ska-inte-journalforas", "ej-provad", ["Noterade en begäran", "Besvarade en begäran", DONE.not]],
    [of("Till bygglov"), "avslutad", "felskickad", "ej-provad", ["Noterade att den är felskickad"]],
    [of("Min dotter"), "ring-tillbaka", undefined, "ej-provad", ["Skrev en anteckning", "Ändrade märkningen", DONE.call]],
    [sms(), "avslutad", "ska-inte-journalforas", "ej-provad", [DONE.call, "Ringde", DONE.not]],
  ];
  for (const [entry, state, decision, confidentiality, done] of expected) {
    const name = entry.summary.subject ?? entry.channel;
    const seen = [entry.state, entry.decision ?? undefined, entry.confidentiality];
    check(String(seen) === String([state, decision, confidentiality]), `${name} has become ${state}`, seen);
    // What a person did, in order, each with its row in the log.
    await page.goto(`${clinic.origin}/handling/${entry.number.replace(" ", "-")}`);
    const rows = await page.locator(".history").first().locator("li").allTextContents();
    const acts = rows.filter((row) => row.includes("Gäst")).map((row) => row.replace(/^\S+ \S+ /, "").replace(/ Gäst.*/, "").trim()).filter((row) => row !== "Registrerade handlingen");
    check(String(acts) === String(done), `the log tells what was done with ${name}`, acts);
  }
  const count = (state) => all.filter((entry) => entry.state === state).length;
  check(count("vantar-pa-identifiering") === 1 && count("ring-tillbaka") === 1 && count("avslutad") === 18, "two are left to do", all.map(({ state }) => state));
  check(of("Faktura 10443").public_description === "Faktura" && of("Faktura 10443").sender_type === "foretag", "the invoice is registered", [of("Faktura 10443").public_description, of("Faktura 10443").sender_type]);

  // And the chain of the log holds.
  const verified = execFileSync(INKOM, ["verify", "--config", join(clinic.folder, "inkom.toml")], { encoding: "utf8" });
  check(verified.includes("20"), "the diary proves itself", verified);
  check(faults.length === 0, "no script fails", faults);
  console.log(`morning: ${checked()} checks`);
} catch (error) {
  await browser.contexts()[0]?.pages()[0]?.screenshot({ path: join(pictures, "morning-stopped.png") });
  throw error;
} finally {
  await browser.close();
  await clinic.end();
}

// What the browser tests share: Chromium, the program under test, and checks that name what they check.

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

export const INKOM = process.env.INKOM ?? "target/debug/inkom";

/** Chromium that calls nobody by itself. */
export const launch = (...more) =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...more,
    ],
  });

let checks = 0;

/** Ends the run with the check's name when it does not hold. */
export function check(holds, what, seen = "") {
  if (!holds) throw new Error(`${what}${seen === "" ? "" : `: ${JSON.stringify(seen)}`}`);
  checks += 1;
}

export const checked = () => checks;

/** `inkom demo` in a folder of its own: its link, its Maildir, and a way to end it. */
export async function demo() {
  const folder = mkdtempSync(join(tmpdir(), "inkom-browser-"));
  const child = spawn(INKOM, ["demo", "--dir", folder], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const link = await new Promise((resolve, reject) => {
    const hear = (text) => {
      said += text;
      const found = said.match(/http:\/\/localhost:\d+\/lank\/\S+/);
      if (found) resolve(found[0]);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("exit", (code) => reject(new Error(`inkom demo ended (${code}): ${said}`)));
    setTimeout(() => reject(new Error(`inkom demo gave no link: ${said}`)), 60_000).unref();
  });
  const end = async () => {
    child.removeAllListeners("exit");
    child.kill("SIGTERM");
    await new Promise((resolve) => child.on("exit", resolve));
    rmSync(folder, { recursive: true, force: true });
  };
  return { link, origin: new URL(link).origin, inbox: join(folder, "mail/new"), folder, end };
}

/** A port of this machine that nobody has. */
export const freePort = () =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

/** A folder for one `inkom run`, with an empty Maildir in it. */
export function newFolder() {
  const folder = mkdtempSync(join(tmpdir(), "inkom-browser-"));
  for (const made of ["mail/new", "mail/cur", "mail/tmp", "replies", "state"]) mkdirSync(join(folder, made), { recursive: true });
  return folder;
}

/** `inkom run` in such a folder. `web` is what follows [web]. */
export function run(folder, web) {
  const config = join(folder, "inkom.toml");
  writeFileSync(
    config,
    `state_dir = "${join(folder, "state")}"
authority.name = "Region Exempel"
reply.text_file = "${new URL("../../config/reply.toml", import.meta.url).pathname}"
smtp = { kind = "files", folder = "replies" }
[web]
${web}
[[mailbox]]
name = "mottagningen"
unit = "Mottagningen"
hsa_id = "SE2321000131-E000000000001"
series = "MM"
addresses = ["mottagningen@example.se"]
reply_from = "mottagningen@example.se"
source = { kind = "maildir", path = "mail" }
`,
  );
  const child = spawn(INKOM, ["run", "--config", config], { stdio: "ignore" });
  const end = async () => {
    child.kill("SIGTERM");
    await new Promise((resolve) => child.on("exit", resolve));
    rmSync(folder, { recursive: true, force: true });
  };
  const invite = (...more) =>
    execFileSync(INKOM, ["user", "invite", ...more, "--unit", "Mottagningen", "--role", "reception", "--config", config], { encoding: "utf8" });
  return { invite, end };
}

/** One where one signs in with passkeys. */
export async function withPasskeys() {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const clinic = run(newFolder(), `listen = "127.0.0.1:${port}"\norigin = "${origin}"\nsign_in.kind = "passkey"`);
  await until("the pages", () => fetch(`${origin}/logga-in`).then((answer) => answer.ok, () => false));
  return { ...clinic, origin, invite: (name) => clinic.invite(name).match(/http:\/\/\S+/)[0] };
}

/** Waits until it gives something true. */
export async function until(what, ask, seconds = 30) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await ask();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what} did not come to pass in ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

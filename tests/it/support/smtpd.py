"""A mail receiver on loopback, led by the tests: JSON lines on stdin set what it does, and it ends when stdin does.

Needs Python's standard library and aiosmtpd. The only argument is a JSON object:
  folder    where messages and the transcript go; holds cert.pem and key.pem
  tls       "implicit", "starttls" or "plain"
  user, password, mechanisms, smtputf8, inject
Accepted messages are written as N.eml with N.json (the envelope) beside it; commands.jsonl is the transcript.

A mode is {"at": POINT, "do": "answer"|"hang"|"drop", "reply": "550 …", "secs": 1.0, "times": 2}, or null. Points:
connect, starttls, auth, mail, null-sender, rcpt, data (the command), in-data (a line has come),
data-end (all has come, nothing is kept), answer (kept, but not answered).
"""

import asyncio
import base64
import json
import logging
import os
import socket
import ssl
import sys
import warnings

from aiosmtpd.smtp import MISSING, SMTP, AuthResult, LoginPassword

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)


class Dropped(Exception):
    pass


class Receiver:
    """What all connections share."""

    def __init__(self, options):
        self.options = options
        self.folder = options["folder"]
        self.mode = None
        self.left = 0
        self.kept = 0
        self.connections = 0
        self.transcript = open(os.path.join(self.folder, "commands.jsonl"), "a", buffering=1)

    def set(self, mode):
        self.mode = mode
        self.left = (mode or {}).get("times") or -1

    def log(self, connection, line, tls):
        self.transcript.write(json.dumps({"connection": connection, "line": line, "tls": tls}) + "\n")

    def keep(self, envelope):
        self.kept += 1
        name = os.path.join(self.folder, "%06d" % self.kept)
        with open(name + ".eml", "wb") as file:
            file.write(envelope.original_content)
        sender = "" if envelope.mail_from == "<>" else envelope.mail_from
        with open(name + ".tmp", "w") as file:
            json.dump({"mail_from": sender, "rcpt_tos": envelope.rcpt_tos}, file)
        os.rename(name + ".tmp", name + ".json")

    def authenticate(self, server, session, envelope, mechanism, data):
        """Checks PLAIN and LOGIN alike."""
        known = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == (
            self.options["user"],
            self.options["password"],
        )
        return AuthResult(success=known, handled=False)


class Connection(SMTP):
    def __init__(self, receiver, context):
        options = receiver.options
        starttls = options["tls"] == "starttls"
        # Made at the first call of log(), which a hook may bring before anything else is there.
        self.receiver = receiver
        self.in_data = False
        receiver.connections += 1
        self.number = receiver.connections
        super().__init__(
            self,
            hostname="mx.example.test",
            tls_context=context if starttls else None,
            require_starttls=starttls,
            auth_require_tls=starttls,
            auth_required=True,
            authenticator=receiver.authenticate,
            auth_exclude_mechanism={"PLAIN", "LOGIN"} - set(options["mechanisms"]),
            enable_SMTPUTF8=options["smtputf8"],
            loop=asyncio.get_running_loop(),
        )

    def encrypted(self):
        return self.receiver.options["tls"] == "implicit" or self._tls_protocol is not None

    async def at(self, *points):
        """None to go on as usual, or the reply to give."""
        mode = self.receiver.mode
        if not mode or mode["at"] not in points or self.receiver.left == 0:
            return None
        self.receiver.left -= 1
        if mode["do"] == "answer":
            return mode["reply"]
        if mode["do"] == "drop":
            self.transport.abort()
            raise Dropped
        await asyncio.sleep(mode["secs"])
        return None

    def _client_connected_cb(self, reader, writer):
        super()._client_connected_cb(reader, writer)
        # One place sees every line that comes.
        readuntil = reader.readuntil

        async def watched(separator=b"\n"):
            line = await readuntil(separator)
            if self.in_data:
                await self.at("in-data")
            else:
                words = line.decode("utf-8", "replace").rstrip("\r\n")
                if words.upper().startswith("AUTH "):
                    words = " ".join(words.split()[:2])
                self.receiver.log(self.number, words, self.encrypted())
            return line

        reader.readuntil = watched

    async def _handle_client(self):
        try:
            reply = await self.at("connect")
            if reply is not None:
                await self.push(reply)
                self.transport.close()
                return
            await super()._handle_client()
        except Dropped:
            pass

    async def handle_exception(self, error):
        if isinstance(error, Dropped):
            raise error
        return "451 " + type(error).__name__

    async def push(self, status):
        if self.receiver.options["inject"] and isinstance(status, str) and status.startswith("220 Ready"):
            status += "\r\n250-injected\r\n250-AUTH PLAIN LOGIN\r\n250 SMTPUTF8"
        await super().push(status)

    async def smtp_STARTTLS(self, arg):
        reply = await self.at("starttls")
        if reply is not None:
            return await self.push(reply)
        return await super().smtp_STARTTLS(arg)

    async def handle_AUTH(self, server, session, envelope, args):
        reply = await self.at("auth")
        return MISSING if reply is None else reply

    async def handle_MAIL(self, server, session, envelope, address, options):
        points = ("mail", "null-sender") if address == "<>" else ("mail",)
        reply = await self.at(*points)
        return MISSING if reply is None else reply

    async def handle_RCPT(self, server, session, envelope, address, options):
        reply = await self.at("rcpt")
        return MISSING if reply is None else reply

    async def smtp_DATA(self, arg):
        reply = await self.at("data")
        if reply is not None:
            return await self.push(reply)
        self.in_data = True
        try:
            await super().smtp_DATA(arg)
        finally:
            self.in_data = False

    async def handle_DATA(self, server, session, envelope):
        self.in_data = False
        reply = await self.at("data-end")
        if reply is not None:
            return reply
        self.receiver.keep(envelope)
        reply = await self.at("answer")
        return "250 2.0.0 kept" if reply is None else reply


async def main():
    options = json.loads(sys.argv[1])
    receiver = Receiver(options)
    context = None
    if options["tls"] != "plain":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(options["folder"], "cert.pem"), os.path.join(options["folder"], "key.pem"))
    listener = socket.create_server(("127.0.0.1", 0))
    loop = asyncio.get_running_loop()
    # A failed handshake and an ended client are what the tests are about.
    loop.set_exception_handler(lambda loop, context: None)
    implicit = context if options["tls"] == "implicit" else None
    await loop.create_server(lambda: Connection(receiver, context), sock=listener, ssl=implicit)
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)

    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := await orders.readline():
        receiver.set(json.loads(line))
        print("set", flush=True)


asyncio.run(main())

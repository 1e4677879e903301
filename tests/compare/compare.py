"""Does inkom read what Python reads? `compare.py [--quiet] INKOM FOLDER…` compares them leaf by leaf.

Runs `INKOM inspect --json --parts FOLDER…`, reads the same bytes with Python's email package, and compares the text of
every leaf that inkom shows as text and the SHA-256 of every other. A difference is printed with its cause. A cause is a
rule about the bytes, and it holds only when Python's own reading, changed by that rule, is exactly what inkom read. A
difference without a cause is unexplained, and then the exit status is 1.

Where Python itself reports a defect it is no measure. Those leaves are counted apart, equal or not, and so are leaves
that differ while Python reports a defect of what they lie in. --quiet prints what is unexplained, and the summary.
Needs Python's standard library only. Not for fixtures/hostile: Python's reader has no bounds.
"""

import argparse
import base64
import codecs
import collections
import email
import email.policy
import hashlib
import json
import os
import quopri
import re
import subprocess
import sys
import textwrap
from email.message import EmailMessage

ENCLOSING = {"message/rfc822", "message/global", "message/news"}
NOT_TEXT = "\x00-\x08\x0b-\x1f\x7f-\x9f"


# What Python reads


class Part(EmailMessage):
    """A part whose message/* content stays the bytes it is: Python would take it apart and not keep them."""

    def get_content_type(self):
        kind = self.kind()
        return "application/octet-stream" if kind.startswith("message/") else kind

    def kind(self):
        return super().get_content_type()

    def troubles(self):
        """What Python reports of this part, by name; before it the header line that it is about, if any."""
        found = [type(defect).__name__ for defect in self.defects]
        for name in ("Content-Type", "Content-Transfer-Encoding", "Content-Disposition"):
            try:
                found += [f"{name}: {type(defect).__name__}" for defect in getattr(self[name], "defects", ())]
            except Exception as error:
                found.append(f"{name}: {type(error).__name__}")
        return found


def of_structure(troubles):
    """Those that put in doubt where parts begin and end."""
    passing = ("InvalidBase64", "Content-Transfer-Encoding:", "Content-Disposition:")
    return [trouble for trouble in troubles if not trouble.startswith(passing)]


class Leaf:
    """One leaf as Python reads it: `coded` before and `data` after the transfer encoding, `text` in Unicode or None."""

    def __init__(self, part, number, above, restore):
        self.number = number
        self.above = above
        # get_payload() gives the coded bytes only when there is nothing to decode.
        payload = restore(part._payload or "")
        part.set_payload(payload)
        self.coded = payload.encode("ascii", "surrogateescape")
        self.data = part.get_payload(decode=True)
        self.kind = part.kind()
        self.encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
        self.troubles = part.troubles()
        self.label = None
        self.text = None
        try:
            self.label = part.get_content_charset()
            self.text = self.data.decode(self.label or "us-ascii")
            self.charset_trouble = None
        except (LookupError, ValueError) as error:
            # Bytes without a label or under a wrong one: Python would write replacement characters.
            self.charset_trouble = "charset missing" if self.label is None else f"charset, {type(error).__name__}"

    def loses_line_end(self, in_mbox):
        """Python takes a line end from the last part as the delimiter's, also where no delimiter follows."""
        return in_mbox and self.number == "1" or "CloseBoundaryNotFoundDefect" in self.above


def read_leaves(raw, restore=lambda payload: payload, prefix="", above=()):
    """The leaves in order, numbered as in IMAP (RFC 9051 §6.4.5.1). An enclosed message is one, and holds others."""
    message = email.message_from_bytes(raw, _class=Part, policy=email.policy.default)
    yield from leaves(message, restore, prefix, above)


def leaves(message, restore, prefix, above):
    children = [message]
    if message.is_multipart():
        children = message.get_payload()
        above = (*above, *of_structure(message.troubles()))
    for n, child in enumerate(children, 1):
        number = f"{prefix}{n}"
        if child is not message and child.is_multipart():
            yield from leaves(child, restore, number + ".", above)
            continue
        leaf = Leaf(child, number, above, restore)
        yield leaf
        if leaf.kind in ENCLOSING:
            yield from read_leaves(leaf.data, restore, number + ".", (*above, *of_structure(leaf.troubles)))


SEPARATOR = re.compile(rb"From [^\n]*\b[0-9]{4}(?: +(?:[A-Za-z]{1,5}|[+-][0-9]{4}))?[ \t]*\r?\n?")


def messages(raw):
    """A file's messages. Only one that begins with a separator is an mbox; the empty line before one belongs to it."""
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    if not SEPARATOR.fullmatch(raw[: raw.find(b"\n") + 1] or raw):
        return []
    found = []
    empty = True
    for line in re.findall(rb"[^\n]*\n|[^\n]+", raw):
        if empty and SEPARATOR.fullmatch(line):
            found.append([])
        else:
            found[-1].append(line)
        empty = line in (b"\n", b"\r\n")
    last = len(found) - 1
    return [
        b"".join(lines[:-1] if n < last and lines and not lines[-1].strip() else lines) for n, lines in enumerate(found)
    ]


# Rules. Each is a name, a reading that gives what Python would have read (or None where the rule has no place), and an
# explanation.


def stripped_quoted_printable(leaf):
    if leaf.encoding != "quoted-printable":
        return None
    return quopri.decodestring(re.sub(rb"(?<==)[ \t]+(?=\r?\n)", b"", leaf.coded))


def literal_quoted_printable(leaf):
    if leaf.encoding != "quoted-printable":
        return None
    coded = re.sub(rb"(?<!=)=[ \t]*(?:\r?\n|\Z)", b"", leaf.coded)
    return re.sub(rb"=([0-9A-Fa-f]{2})", lambda found: bytes.fromhex(found[1].decode()), coded)


def runs_of_base64(coded):
    """Every run to its padding, without what is outside the alphabet; half a byte at the end is dropped."""
    out = []
    for run in re.split(rb"=+", re.sub(rb"[^A-Za-z0-9+/=]", b"", coded)):
        run = run[: len(run) - (len(run) % 4 == 1)]
        out.append(base64.b64decode(run + b"=" * (-len(run) % 4)))
    return b"".join(out)


def lenient_base64(leaf):
    return runs_of_base64(leaf.coded) if leaf.encoding == "base64" else None


def base64_with_an_end(leaf):
    if leaf.encoding != "base64":
        return None
    clear = re.search(rb"^(?![ \t]*[A-Za-z0-9+/=]*[ \t]*\r?$)[^\n]*", leaf.coded, re.MULTILINE)
    if not clear:
        return None
    out = runs_of_base64(leaf.coded[: clear.start()])
    return out + (b"" if not out or out.endswith(b"\n") else b"\n") + leaf.coded[clear.start() :]


def as_it_stands(leaf):
    known = ("quoted-printable", "7bit", "8bit", "binary", "")
    return None if leaf.encoding in known or leaf.data == leaf.coded else leaf.coded


def encoding_by_its_beginning(leaf):
    word = re.match(r"[\w-]*", leaf.encoding)[0]
    if word == leaf.encoding:
        return None
    if word == "quoted-printable":
        return quopri.decodestring(leaf.coded)
    return runs_of_base64(leaf.coded) if word == "base64" else None


TRANSFER = [
    (
        "QP: white space after a soft line end",
        stripped_quoted_printable,
        "RFC 2045 §6.7 (3) deletes it; Python keeps it, and the line end with it",
    ),
    ("QP: what is none stays", literal_quoted_printable, "Python swallows a stray = and what is near it"),
    ("base64: other bytes passed over", lenient_base64, "RFC 2045 §6.8; padding ends a run and another may follow"),
    ("base64: then text in the clear", base64_with_an_end, "gateways append notices that they do not encode"),
    (
        "transfer encoding not undone",
        as_it_stands,
        "what is called base64 or uuencode and is not is shown as it stands",
    ),
    ("transfer encoding with a comment", encoding_by_its_beginning, "Python knows the bare word only"),
]

# https://encoding.spec.whatwg.org/#names-and-labels: what a label is read as there, by Python's names.
SUPERSETS = {
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso2022_jp": "iso2022_jp_ext",
    "iso8859-11": "cp874",
    "iso8859-9": "cp1254",
    "shift_jis": "cp932",
    "tis-620": "cp874",
}
# What stands in JIS X 0208 where Microsoft's table, which the standard took over, has another character.
JAPANESE = str.maketrans("\u301c\u2016\u2212\u00a2\u00a3\u00ac\u2014", "\uff5e\u2225\uff0d\uffe0\uffe1\uffe2\u2015")

# Bytes that Windows' tables leave empty are control characters in the standard.
codecs.register_error("c1", lambda error: (error.object[error.start : error.end].decode("latin-1"), error.end))


def codec(label):
    try:
        return codecs.lookup(label or "us-ascii").name
    except (LookupError, ValueError):
        return None


def decoded(data, name, errors="strict"):
    try:
        return data.decode(name, errors)
    except (LookupError, ValueError):
        return None


def windows_1252(leaf, data):
    if codec(leaf.label) not in ("ascii", "iso8859-1", "cp1252") or not re.search(rb"[\x80-\xff]", data):
        return None
    return decoded(data, "cp1252", "c1")


def superset(leaf, data):
    name = codec(leaf.label)
    if name in SUPERSETS:
        return decoded(data, SUPERSETS[name])
    return decoded(data, name, "c1") if name and re.fullmatch(r"cp(125[0-8]|874)", name) else None


def japanese(leaf, data):
    name = codec(leaf.label)
    text = decoded(data, name) if name in ("euc_jp", "iso2022_jp", "shift_jis") else None
    return text and text.translate(JAPANESE)


def utf_8(leaf, data):
    name = codec(leaf.label)
    several = name and len(decoded(b"\xc3\xa5\xc3\xb6", name, "replace") or "") < 4
    # A label for several bytes a character is wrong only where Python could not follow it.
    if name == "utf-8" or several and leaf.text is not None:
        return None
    return decoded(data, "utf-8")


def utf_8_twice(leaf, data):
    text = decoded(data, "utf-8")
    try:
        return text and text.encode("cp1252").decode("utf-8")
    except ValueError:
        return None


def utf_7(leaf, data):
    return decoded(data, "latin-1") if codec(leaf.label) == "utf-7" else None


def escapes(leaf, data):
    """The marks of the table that the standard uses are Microsoft's here too."""
    text = decoded(data, "iso2022_jp_ext") if data.isascii() and b"\x1b$" in data else None
    return text and text.translate(JAPANESE)


def html_label(leaf, data):
    if leaf.kind != "text/html" or leaf.label:
        return None
    declared = re.search(rb"charset=[\"']?([A-Za-z0-9._:-]+)", data[:1024], re.IGNORECASE)
    if not declared:
        return None
    name = codec(declared[1].decode())
    name = {"ascii": "cp1252", "iso8859-1": "cp1252"}.get(name, SUPERSETS.get(name, name))
    return name and decoded(data, name, "c1" if name.startswith("cp125") else "strict")


CHARSET = [
    ("UTF-8 under another label", utf_8, "what is UTF-8 throughout is practically never anything else"),
    ("UTF-8 encoded twice", utf_8_twice, "taken for windows-1252 on the way; it reads back as a whole"),
    ("windows-1252 for its labels", windows_1252, "WHATWG: iso-8859-1 and us-ascii are read as windows-1252"),
    ("a charset's superset", superset, "WHATWG: gb2312 is read as gb18030, ks_c_5601 as cp949, and so on"),
    ("Japanese marks", japanese, "WHATWG uses Microsoft's table for JIS X 0208"),
    ("ISO-2022-JP undeclared", escapes, "RFC 1468: its escapes stand in no other text of seven bits"),
    ("UTF-7 as it stands", utf_7, "WHATWG: no charset, since it hides markup"),
    ("the document's own charset", html_label, "HTML without a label in its header says it in its head"),
]
# What inkom may have guessed where Python has no text at all.
GUESSES = "utf-8 cp1252 cp1250 cp1251 cp1253 cp1254 cp1255 cp1256 cp1257 cp874 koi8-r iso8859-2 iso8859-5 iso8859-7"
GUESSES = (GUESSES + " iso8859-8 iso2022_jp cp932 euc_jp gb18030 cp949 big5hkscs utf-16 utf-16-le utf-16-be").split()

LINE_END = "the last line's end, no delimiter after it"


def without_mark(text):
    return text[1:] if text.startswith("\ufeff") else None


def separators(text):
    return re.sub("[\x0b\x0c\x85\u2028\u2029]", "\n", text)


def unquoted(text):
    return re.sub("^>(>*From )", r"\1", text, flags=re.MULTILINE)


TEXT = [
    ("byte order mark", without_mark, "it marks the encoding and is no part of the text; Python keeps it"),
    ("other line ends", separators, "form feed, vertical tab, NEL and Unicode's separators: what they part stays apart"),
    ("mbox quoting", unquoted, ">From stands for From in an mbox"),
]


def without_first_lines(raw):
    return re.sub(rb"\A(?:\xef\xbb\xbf)?[\r\n]*", b"", raw)


def line_feeds(raw):
    return raw.replace(b"\r", b"\n") if b"\n" not in raw else raw


def single_returns(raw):
    return re.sub(rb"\r+\n", b"\r\n", raw)


def boundaries(raw):
    return sorted(set(re.findall(rb"boundary\s*=\s*\"?([^\"\s;]+)", raw, re.IGNORECASE)))


def reopened(raw):
    """Closing delimiters after which parts follow are cut out, with the text up to those parts."""
    for boundary in boundaries(raw):
        delimiter = rb"^--" + re.escape(boundary)
        raw = re.sub(delimiter + rb"--[ \t]*\r?\n(?:.*\n)*?(?=" + delimiter + rb"[ \t]*\r?$)", b"", raw, flags=re.MULTILINE)
    return raw


def parts_of_nothing(raw):
    for boundary in boundaries(raw):
        delimiter = rb"--" + re.escape(boundary) + rb"[ \t]*\r?"
        raw = re.sub(rb"^(" + delimiter + rb"\n)(?=" + delimiter + rb"$)", rb"\1\n", raw, flags=re.MULTILINE)
    return raw


def no_returns(raw):
    return raw if b"\0" in raw else re.sub(rb"\r(?!\n)", b"\0", raw)


# Rules about a whole message: what Python reads of it when this is mended. The last column takes the mending back.
REPAIRS = [
    ("empty lines before the header", without_first_lines, "Python takes them for the header's end", None),
    ("CR alone ends lines", line_feeds, "inkom writes them as LF where a file has no LF at all", None),
    ("CR CR LF", single_returns, "Python takes it for two line ends", None),
    ("parts after a closing delimiter", reopened, "Python reads nothing after it", None),
    ("delimiters in a row", parts_of_nothing, "Python takes them for one; inkom lists an empty part", None),
    ("CR within a line", no_returns, "Python takes it for a line end", lambda payload: payload.replace("\0", "\r")),
]


# Comparing


def with_line_feeds(text):
    return text.replace("\r\n", "\n").replace("\r", "\n")


def normal(text):
    return re.sub(f"[{NOT_TEXT}]", "", with_line_feeds(text))


def variants(identity, rules, *args):
    """The reading without any rule first."""
    yield (), identity
    for name, reading, _ in rules:
        changed = reading(*args)
        if changed is not None and changed != identity:
            yield (name,), changed


def charset_variants(leaf, data):
    yield from variants(decoded(data, leaf.label or "us-ascii"), CHARSET, leaf, data)
    if leaf.charset_trouble:
        for name in GUESSES:
            yield ("charset guessed",), decoded(data, name, "c1" if name.startswith("cp125") else "strict")


def text_causes(leaf, ours, in_mbox):
    """The fewest rules that make Python's text inkom's, or None. No rules at all: they are equal."""
    found = []
    for transfer, data in variants(leaf.data, TRANSFER, leaf):
        for charset, text in charset_variants(leaf, data):
            if text is None:
                continue
            text = with_line_feeds(text)
            for shape, shaped in variants(text, TEXT, text):
                if shape == ("mbox quoting",) and not in_mbox:
                    continue
                theirs = normal(shaped)
                causes = (*transfer, *charset, *shape)
                if theirs == ours:
                    found.append(causes)
                elif leaf.loses_line_end(in_mbox) and theirs + "\n" == ours:
                    found.append((*causes, LINE_END))
                elif len(ours.encode()) > 1_000_000 and theirs.startswith(ours):
                    found.append((*causes, "only the beginning"))
                if found and not found[-1]:
                    return ()
    return min(found, key=len, default=None)


def digest_causes(leaf, ours, in_mbox):
    found = []
    for transfer, data in variants(leaf.data, TRANSFER, leaf):
        ends = [((), data)]
        if leaf.loses_line_end(in_mbox):
            ends += [((LINE_END,), data + end) for end in (b"\r\n", b"\n")]
        for end, other in ends:
            if len(other) == ours["size_bytes"] and hashlib.sha256(other).hexdigest() == ours["sha256"]:
                found.append((*transfer, *end))
    return min(found, key=len, default=None)


def view(ours, leaf):
    """Where the two first differ, 40 characters to each side."""
    if ours.get("text") is None:
        theirs = hashlib.sha256(leaf.data).hexdigest()
        return [f"{ours['size_bytes']} bytes, {ours['sha256'][:16]}…", f"{len(leaf.data)} bytes, {theirs[:16]}…"]
    mine = ours["text"]
    theirs = normal(leaf.data.decode("latin-1") if leaf.text is None else leaf.text)
    if mine == theirs:
        return []
    at = len(os.path.commonprefix([mine, theirs]))
    return [repr(text[max(0, at - 40) : at + 40]) for text in (mine, theirs)]


SIDES = ("inkom ", "Python")
DOUBT = "Python says "


class Tally:
    """Of one kind of leaf."""

    def __init__(self):
        self.compared = self.equal = self.unexplained = 0
        self.causes = collections.Counter()
        self.defects = collections.Counter()


class Comparison:
    def __init__(self, quiet):
        self.quiet = quiet
        self.texts, self.others = Tally(), Tally()
        self.counts = collections.Counter()
        self.structures = collections.Counter()
        self.unexplained = 0

    def say(self, where, cause, lines=()):
        if cause is None:
            self.unexplained += 1
        elif self.quiet:
            return
        print(f"{where}: {cause or 'UNEXPLAINED'}", *lines, sep="\n  ")

    def fail(self, where, what):
        self.unexplained += 1
        print(f"{where}: UNEXPLAINED: {what}")

    def message(self, where, raw, record, in_mbox):
        self.counts["messages"] += 1
        ours = {part["number"]: part for part in record["parts"]}
        if len(ours) < len(record["parts"]):
            self.fail(where, "part numbers occur twice")
        try:
            theirs = {leaf.number: leaf for leaf in read_leaves(raw)}
        except Exception as error:
            # There is nothing to compare with.
            self.counts["unread"] += 1
            return self.say(where, f"Python could not read it: {type(error).__name__}")
        if not raw.strip() and not ours:
            # An empty message has a leaf of nothing in Python, and none in inkom.
            return
        otherwise = Repaired(raw)
        doubtful = False
        if ours.keys() != theirs.keys():
            doubtful, theirs = self.structure(where, ours, theirs, otherwise)
        for number in (number for number in ours if number in theirs):
            self.leaf(f"{where} {number}", ours[number], theirs[number], in_mbox, doubtful, otherwise)

    def structure(self, where, ours, theirs, otherwise):
        """Whether Python itself doubts its reading, and the reading to compare with."""
        cause, read = None, theirs
        closed = {number for number in theirs if theirs[number].kind.startswith(("application/", "message/"))}
        closed -= {number for number in closed if theirs[number].kind in ENCLOSING}
        inner = {number for number in ours.keys() - theirs.keys() if parents(number) & closed}
        if inner and ours.keys() - inner == theirs.keys():
            cause = "inkom opens a leaf that Python leaves closed"
        else:
            for name, leaves in otherwise.readings():
                if leaves.keys() == ours.keys() - inner:
                    cause, theirs = name, leaves
                    break
        defects = sorted(
            {trouble for leaf in theirs.values() for trouble in (*of_structure(leaf.troubles), *leaf.above)}
        )
        if cause is None and ours.keys() < theirs.keys() and (len(ours) >= 999 or deepest(ours) >= 20):
            cause = "inkom reads only so many parts and levels"
        elif cause is None and defects:
            cause = DOUBT + ", ".join(defects)
        self.structures["Python says defect" if cause and cause.startswith(DOUBT) else cause] += 1
        only = [[number for number in ours if number not in read], [number for number in read if number not in ours]]
        self.counts["only inkom"] += len(only[0])
        self.counts["only Python"] += len(only[1])
        lines = [f"{who} {' '.join(numbers[:20])}" for who, numbers in zip(SIDES, only) if numbers]
        self.say(f"{where} structure", cause, lines)
        return cause is not None and cause.startswith(DOUBT), theirs

    def leaf(self, where, ours, leaf, in_mbox, doubtful, otherwise):
        is_text = ours.get("text") is not None
        tally = self.texts if is_text else self.others
        if not is_text and leaf.kind.startswith("text/"):
            self.counts["text not shown"] += 1

        def causes(leaf):
            if is_text:
                return text_causes(leaf, ours["text"], in_mbox)
            return digest_causes(leaf, ours, in_mbox)

        if is_text and normal(ours["text"]) != ours["text"]:
            self.fail(where, "the text holds control characters or CR")
        if ours["type"] != leaf.kind:
            self.counts["types"] += 1
        found = causes(leaf)
        where = f"{where} {ours['type']}"
        lines = [f"{who} {text}" for who, text in zip(SIDES, view(ours, leaf))] if found != () else ()

        troubles = sorted(set(leaf.troubles + ([leaf.charset_trouble] if is_text and leaf.charset_trouble else [])))
        if troubles:
            verdict = "equal" if found == () else "equal by a rule" if found else "different"
            tally.defects[verdict] += 1
            if found != ():
                self.say(where, "; ".join([DOUBT + ", ".join(troubles), *(found or ())]), lines)
            return
        repaired = None if found is not None else self.repaired(leaf, otherwise, causes)
        if found is None and repaired is None and (leaf.above or doubtful):
            tally.defects["different"] += 1
            self.say(where, DOUBT + ", ".join(sorted(set(leaf.above))) + " of what it lies in", lines)
            return
        tally.compared += 1
        if found == ():
            tally.equal += 1
            if is_text and not any(digest_causes(one, ours, in_mbox) is not None for one in otherwise.same(leaf)):
                self.fail(where, "the text is equal, the content's size or digest is not")
            return
        found = found or repaired
        if found:
            tally.causes[" + ".join(found)] += 1
        else:
            tally.unexplained += 1
        self.say(where, " + ".join(found) if found else None, lines)

    def repaired(self, leaf, otherwise, causes):
        """The cause, where it is what is wrong with the message as a whole."""
        for name, leaves in otherwise.readings():
            more = causes(leaves[leaf.number]) if leaf.number in leaves else None
            if more is not None:
                return (name, *more)
        return None

    def summary(self):
        def row(depth, what, count):
            print(f"{'  ' * depth + what:<70}{count:>8}")

        print()
        row(0, "messages", self.counts["messages"])
        row(1, "that Python could not read", self.counts["unread"])
        for cause, count in sorted(self.structures.items(), key=lambda item: -item[1]):
            row(1, f"of another structure: {cause or 'UNEXPLAINED'}"[:66], count)
        for name, tally in (("text leaves", self.texts), ("other leaves", self.others)):
            row(0, name, tally.compared + tally.defects.total())
            row(1, "compared", tally.compared)
            row(2, "equal", tally.equal)
            for cause, count in tally.causes.most_common():
                row(2, cause[:64], count)
            row(2, "unexplained", tally.unexplained)
            row(1, "Python says defect", tally.defects.total())
            for verdict in ("equal", "equal by a rule", "different"):
                row(2, verdict, tally.defects[verdict])
        row(0, "leaves that only inkom has", self.counts["only inkom"])
        row(0, "leaves that only Python has", self.counts["only Python"])
        row(0, "text/* leaves compared by digest, as inkom gives no text", self.counts["text not shown"])
        row(0, "leaves of another type than Python says (not judged)", self.counts["types"])
        row(0, "unexplained in all", self.unexplained)

    def explanations(self):
        """Of the rules that were needed."""
        causes = [*self.structures, *self.texts.causes, *self.others.causes]
        needed = " + ".join(cause for cause in causes if cause)
        print()
        for name, explanation in ((rule[0], rule[2]) for rule in [*TRANSFER, *CHARSET, *TEXT, *REPAIRS]):
            if name in needed:
                print(textwrap.fill(f"{name}: {explanation}.", 80, subsequent_indent="  "))


class Repaired:
    """What Python reads of a message after each repair that changes it; read when first asked for."""

    def __init__(self, raw):
        self.raw = raw
        self.found = None

    def readings(self):
        if self.found is None:
            self.found = []
            for name, repair, _, restore in REPAIRS:
                raw = repair(self.raw)
                if raw != self.raw:
                    try:
                        leaves = read_leaves(raw, restore or (lambda payload: payload))
                        self.found.append((name, {leaf.number: leaf for leaf in leaves}))
                    except Exception:
                        # Then it explains nothing.
                        continue
        return self.found

    def same(self, leaf):
        """The leaf, then what it is after each repair."""
        yield leaf
        yield from (leaves[leaf.number] for _, leaves in self.readings() if leaf.number in leaves)


def parents(number):
    words = number.split(".")
    return {".".join(words[:n]) for n in range(1, len(words))}


def deepest(numbers):
    return max((number.count(".") + 1 for number in numbers), default=0)


def files(paths):
    for path in paths:
        if os.path.isfile(path):
            yield path
        for folder, folders, names in os.walk(path):
            folders[:] = [name for name in folders if not name.startswith(".")]
            yield from (os.path.join(folder, name) for name in names if not name.startswith("."))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--quiet", action="store_true", help="print only what is unexplained, and the summary")
    arguments.add_argument("inkom", metavar="INKOM")
    arguments.add_argument("folders", metavar="FOLDER", nargs="+")
    options = arguments.parse_args()
    comparison = Comparison(options.quiet)
    command = [options.inkom, "inspect", "--json", "--parts", *options.folders]
    seen = {}
    path = None
    with subprocess.Popen(command, stdout=subprocess.PIPE) as inkom:
        for line in inkom.stdout:
            try:
                record = json.loads(line)
                if record["path"] != path:
                    path = record["path"]
                    with open(path, "rb") as file:
                        raw = file.read()
                    found = messages(raw)
            except (OSError, ValueError) as error:
                comparison.fail(repr(line[:60]), error)
                continue
            index = record.get("index")
            seen.setdefault(os.path.realpath(path), []).append(index)
            if index is None:
                one = found[0] if len(found) == 1 else raw
                comparison.message(path, one, record, in_mbox=False)
            elif 1 <= index <= len(found):
                comparison.message(f"{path}#{index}", found[index - 1], record, in_mbox=True)
            else:
                comparison.fail(f"{path}#{index}", f"the file holds {len(found)} messages by its separators")
            if index is None and len(found) > 1:
                comparison.fail(path, f"read as one message, holds {len(found)} by its separators")
    for path in files(options.folders):
        indexes = seen.get(os.path.realpath(path))
        if indexes is None:
            comparison.fail(path, "inkom says nothing about this file")
        elif indexes != [None]:
            with open(path, "rb") as file:
                count = len(messages(file.read()))
            if indexes != list(range(1, count + 1)) and None not in indexes:
                comparison.fail(
                    path, f"messages {indexes[0]} to {indexes[-1]}, {len(indexes)} in all, are not 1 to {count}"
                )
    if inkom.returncode != 0:
        comparison.fail(" ".join(command[:2]), f"ended with status {inkom.returncode}")
    if not seen:
        comparison.fail(" ".join(options.folders), "nothing was compared")
    comparison.summary()
    if not options.quiet:
        comparison.explanations()
    sys.exit(1 if comparison.unexplained else 0)


main()

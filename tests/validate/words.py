#!/usr/bin/env python3
"""Whether the PDFs say what the messages say: words.py INKOM MAIL... Renders all, takes the text out again with pdftotext
and the original with pdfdetach (poppler-utils), and compares them with what inkom read and with the bytes that it was given.
A word counts as held when it stands in the PDF, wherever a line was broken in it; pdftotext takes a hyphen at the end of a
line away, so hyphens are not compared."""

import hashlib
import json
import re
import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path

LEAST = 99.0


def squashed(text):
    text = unicodedata.normalize("NFKC", text)
    return "".join(c for c in text if not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc", "Co", "Pd"))


def main(inkom, *mail):
    with tempfile.TemporaryDirectory() as folder:
        # A message alone would become a file of that name.
        out = Path(folder) / "pdf"
        out.mkdir()
        subprocess.run([inkom, "render", *mail, "-o", out], check=True, stdout=subprocess.DEVNULL)
        read = subprocess.run([inkom, "inspect", "--json", *mail], check=True, capture_output=True, text=True).stdout
        messages = [json.loads(line) for line in read.splitlines()]
        pdfs = sorted(out.glob("*.pdf"))
        if len(pdfs) != len(messages):
            sys.exit(f"{len(pdfs)} PDFs of {len(messages)} messages")
        words = held = originals = covers = 0
        for message, pdf in zip(messages, pdfs):
            text = subprocess.run(["pdftotext", pdf, "-"], check=True, capture_output=True).stdout.decode()
            found = squashed(text)
            if any(defect.startswith("Meddelandet kunde inte läsas") for defect in message["defects"]):
                covers += 1
                print(f"cover page: {message['path']}")
            lost = [word for word in map(squashed, message["text"].split()) if word not in found]
            words += len(message["text"].split())
            held += len(message["text"].split()) - len(lost)
            if len(lost) > 20:
                print(f"{message['path']}: {len(lost)} words are not found, such as {lost[0][:40]!r}")
            saved = Path(folder) / "original"
            subprocess.run(["pdfdetach", "-save", "1", "-o", saved, pdf], check=True, stdout=subprocess.DEVNULL)
            digest = hashlib.sha256(saved.read_bytes()).hexdigest()
            told = re.search("Originalet.*?SHA-256[^0-9a-f]*([0-9a-f]{64})", text, re.S)
            originals += bool(told) and told.group(1) == digest
        share = 100 * held / max(words, 1)
        print(f"{held} of {words} words ({share:.2f} %) in {len(pdfs)} PDFs")
        print(f"{originals} of {len(pdfs)} embedded originals have the SHA-256 of the message")
        print(f"{covers} cover pages")
        return share >= LEAST and originals == len(pdfs) and covers * 100 <= len(pdfs)


sys.exit(0 if main(*sys.argv[1:]) else 1)

"""Checks every DKIM signature of a mail with dkimpy, an implementation that shares nothing with ours.

    python3 dkimpy_verify.py RECORDS < mail

RECORDS is a file with one TXT record a line: its full name, a space, its text. No DNS is asked.
Says for each signature, from the top, `ok` or `fails` with algorithm, domain and selector. Ends
with 0 when there is at least one signature and all verify, otherwise with 1.

Needs dkimpy and, for Ed25519, PyNaCl.
"""

import sys

import dkim


def main() -> int:
    with open(sys.argv[1], encoding="ascii") as file:
        records = dict(line.rstrip("\n").split(" ", 1) for line in file)
    mail = sys.stdin.buffer.read()

    def txt(name, timeout=5):
        return records.get(name.decode().rstrip("."), "").encode()

    count = sum(name.lower() == b"dkim-signature" for name, _ in dkim.DKIM(mail).headers)
    verified = 0
    for index in range(count):
        checked = dkim.DKIM(mail)
        try:
            good = checked.verify(idx=index, dnsfunc=txt)
        except dkim.DKIMException as error:
            print(error, file=sys.stderr)
            good = False
        tags = [checked.signature_fields[tag].decode() for tag in (b"a", b"d", b"s")]
        print("ok" if good else "fails", *tags)
        verified += good
    return 0 if 0 < count == verified else 1


if __name__ == "__main__":
    sys.exit(main())

"""Compares mails with their instrumented copies, as a parser of other make sees them.

    python3 differential.py FOLDER    with NAME.eml, NAME.copy.eml and NAME.replaced.eml in it; needs html5lib

The copies are those of `tests/it/differential.rs`: everything edited. To Python's `email` and `html5lib` a copy must
have the same parts, the same header fields but for the one added and those dropped, attachments equal to the byte, and
the same tree of elements, attributes and words once the declared image and the line are taken out; each link must lead
where the original leads. Where Python and the URL standard differ about an address, it is listed in
`differential.known` with both readings. Prints what differs and ends with 1.
"""

import email
import email.policy
import pathlib
import re
import sys
from urllib.parse import unquote, urljoin, urlsplit

import html5lib

TRACKER = "https://t.example/c/0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL?to="
IMAGE = "https://t.example/o/0123456789.gif"
PAGE = "https://t.example/p/0123456789?a=1&b=2"
LINE = "Cette lettre est suivie : l’expéditeur voit si elle est lue. Voir ou arrêter"
DROPPED = {"bcc", "x-control"}
LINKS = {"a", "area"}


def leaves(message, path="root"):
    yield path, message
    # What is below message/* is somebody else's mail; its bytes are compared instead.
    if message.is_multipart() and message.get_content_maintype() == "multipart":
        for number, part in enumerate(message.get_payload(), 1):
            yield from leaves(part, f"{path}.{number}")


def fields(message, without=()):
    return [(name, str(value)) for name, value in message._headers if name.strip().lower() not in without]


def payload(part):
    return [inner.as_bytes() for inner in part.get_payload()] if part.is_multipart() else part.get_payload()


def decoded(part):
    data = part.get_payload(decode=True) or b""
    charset = (part.get_content_charset() or "utf-8").replace("us-ascii", "utf-8")
    try:
        return data.decode(charset, "replace")
    except LookupError:
        return data.decode("latin-1")


def words(text):
    return "".join(text.split())


def is_line(element):
    return element.tag == "div" and element.get("lang") == "fr" and PAGE in [a.get("href") for a in element.iter("a")]


def tree(html):
    """Nested (tag, attributes, text, children, tail) without what was put in, and the base address."""
    document = html5lib.parse(html, namespaceHTMLElements=False)
    base = next((b.get("href") for b in document.iter("base") if b.get("href")), None)
    stripped = {"image": 0, "line": 0}

    def node(element):
        children, text = [], element.text or ""
        for child in element:
            if isinstance(child.tag, str) and (is_line(child) or child.tag == "img" and child.get("src") == IMAGE):
                stripped["line" if child.tag == "div" else "image"] += 1
                tail = child.tail or ""
                if children:
                    children[-1][4] += tail
                else:
                    text += tail
            else:
                children.append(node(child))
        tag = element.tag if isinstance(element.tag, str) else "comment"
        return [tag, sorted(element.attrib.items(), key=str), text, children, element.tail or ""]

    return node(document), base, stripped


def resolved(href, base):
    """The address as RFC 3986 and Python see it, in one spelling."""
    href = re.sub("[\t\n\r]", "", href.strip("".join(map(chr, range(33)))))
    if re.match("(?i)https?:|/|\\\\", href):
        before, mark, after = re.match(r"(?s)([^?#]*)([?#]?)(.*)", href).groups()
        href = before.replace("\\", "/") + mark + after
    try:
        address = urlsplit(urljoin(base or "", href) if base else href)
        host = unquote(address.hostname or "")
        try:
            host = host.encode("idna").decode()
        except UnicodeError:
            pass
        port = address.port
    except ValueError:
        return href
    if (address.scheme, port) in (("http", 80), ("https", 443)):
        port = None
    path = urljoin("http://x/", address.path)[len("http://x") :] if address.path else "/"
    user = address.netloc.rpartition("@")[0]
    rest = unquote(f"{path}?{address.query}#{address.fragment}")
    return f"{address.scheme.lower()}://{user}@{host.lower()}:{port}{rest}"


class Case:
    def __init__(self, name, known):
        self.name, self.known, self.problems = name, known, []

    def differ(self, what, before, after):
        self.problems.append(f"{self.name}: {what}\n  before: {before!r:.300}\n  after:  {after!r:.300}")

    def link(self, before, after, base):
        if after == before:
            return
        if not after.startswith(TRACKER):
            return self.differ("a link was changed and is not tracked", before, after)
        to = unquote(after[len(TRACKER) :])
        if resolved(before, base) != resolved(to, None) and (self.name, to) not in self.known:
            self.differ(f"a link leads elsewhere (add to differential.known if the URL standard says so: {self.name}\t{to})", before, to)

    def nodes(self, before, after, base):
        if before[0] != after[0]:
            return self.differ("another element", before[:3], after[:3])
        old, new = ({str(name): value for name, value in node[1]} for node in (before, after))
        if old.keys() != new.keys():
            self.differ(f"attributes of {before[0]}", old, new)
        for name in old.keys() & new.keys():
            if old[name] != new[name]:
                if name == "href" or name.endswith("}href"):
                    self.link(old[name], new[name], base)
                else:
                    self.differ(f"attribute {name} of {before[0]}", old[name], new[name])
        for text in (2, 4):
            if before[0] == "comment":
                continue
            if words(before[text]) != words(after[text]):
                self.differ(f"text at {before[0]}", before[text], after[text])
        if len(before[3]) != len(after[3]):
            return self.differ(f"children of {before[0]}", [c[0] for c in before[3]], [c[0] for c in after[3]])
        for a, b in zip(before[3], after[3]):
            self.nodes(a, b, base)

    def html(self, before, after):
        old, base, _ = tree(decoded(before))
        new, _, put_in = tree(decoded(after))
        if max(put_in.values()) > 1:
            self.differ("put in more than once", "", put_in)
        self.nodes(old, new, base)

    def shape(self, node):
        return node[0], [str(name) for name, _ in node[1]], [self.shape(child) for child in node[3]]

    def replaced(self, before, after):
        for (path, a), (_, b) in zip(leaves(before), leaves(after)):
            if payload(a) != payload(b) and a.get_content_type() == "text/html":
                old, new = (self.shape(tree(decoded(part))[0]) for part in (a, b))
                if old != new:
                    self.differ(f"the tree of part {path} with other addresses", old, new)

    def text(self, before, after):
        old, new = words(decoded(before)), words(decoded(after))
        if old != new:
            at = next((i for i, (a, b) in enumerate(zip(old, new)) if a != b), len(old))
            put_in = new[at : at + len(new) - len(old)]
            # The new words are one stretch; where it begins is open if it shares letters with what follows.
            if old[:at] + new[at + len(put_in) :] != old or words(PAGE)[-8:] not in new:
                self.differ("the words of a text", old[max(0, at - 20) : at + 60], new[max(0, at - 20) : at + 200])

    def compare(self, before, after):
        if fields(before, DROPPED) != (rest := [f for f in fields(after) if f[0] != "X-Added"]):
            widened = {"content-type", "content-transfer-encoding", "mime-version"}
            if after.get("Content-Transfer-Encoding", "").strip() != "quoted-printable" or fields(
                before, DROPPED | widened
            ) != [f for f in rest if f[0].lower() not in widened]:
                self.differ("header fields", fields(before, DROPPED), rest)
        old, new = list(leaves(before)), list(leaves(after))
        if [(p, m.get_content_type()) for p, m in old] != [(p, m.get_content_type()) for p, m in new]:
            return self.differ("the parts", [(p, m.get_content_type()) for p, m in old], [(p, m.get_content_type()) for p, m in new])
        for (path, a), (_, b) in zip(old, new):
            if a.get_content_maintype() == "multipart" or payload(a) == payload(b):
                continue
            kind = a.get_content_type()
            if kind == "text/html" and a.get_content_disposition() != "attachment":
                self.html(a, b)
            elif kind == "text/plain" and a.get_content_disposition() != "attachment":
                self.text(a, b)
            else:
                self.differ(f"part {path}, {kind}, is not as it was", "", "")


def main(folder):
    here = pathlib.Path(__file__).parent
    lines = [line for line in (here / "differential.known").read_text().splitlines() if line and not line.startswith("#")]
    known = {tuple(line.split("\t")[:2]) for line in lines}
    whole = {name for name, destination in known if destination == "*"}
    problems, compared = [], 0
    for copy in sorted(pathlib.Path(folder).glob("*.copy.eml")):
        name = copy.name.removesuffix(".copy.eml")
        case = Case(name, known)
        before = email.message_from_bytes(copy.with_name(f"{name}.eml").read_bytes(), policy=email.policy.compat32)
        after = email.message_from_bytes(copy.read_bytes(), policy=email.policy.compat32)
        if name not in whole:
            case.compare(before, after)
            replaced = copy.with_name(f"{name}.replaced.eml").read_bytes()
            case.replaced(before, email.message_from_bytes(replaced, policy=email.policy.compat32))
            compared += 1
        problems += case.problems
    print("\n".join(problems))
    print(f"{compared} mails compared, {len(problems)} differences")
    return 1 if problems or not compared else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

"""Check an export of a ticket ledger with Python's standard library alone.

    python3 -I -S verify.py FILE.zip --vkey VKEY [--json]

VKEY is the key of the ledger's log (NAME+ID+KEY). Take it from anywhere but this bag, and take this
program from anywhere but this bag too if you can: what lies in a bag proves nothing about itself.
Exit codes: 0 everything holds, 1 something is wrong or left out, 2 usage, 3 no bag at all.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from infra.bundle.alone_proofs import (
    LONGEST_NOTE,
    Key,
    Wrong,
    check_consistency,
    check_inclusion,
    commitment,
    hash_leaf,
)

MOST_FILES = 2_000_000
MOST_BYTES = 65_535
SALT_BYTES = 32
LONGEST_LINE = 16_777_216
NAME = re.compile(r"[A-Za-z0-9._-]{1,120}(/[A-Za-z0-9._-]{1,120}){1,3}")
HEAD = re.compile(
    r"(\S+)/head\n([ -~]+)\ncount (\d+)\nposition (\d+)\nlast ([0-9a-f]{64})\n"
    r"size (\d+)\nroot ([0-9a-f]{64})\n"
)
SEAL = re.compile(r"(\S+)/export\nbag ([0-9a-f]{64})\nposition (\d+)\nleaf ([0-9a-f]{64})\n")
BAD = (ValueError, KeyError, TypeError, IndexError, RuntimeError, AttributeError, EOFError)


class Bag:
    """The files of a bag: stored, never compressed, so that nothing can be larger than it looks."""

    def __init__(self, path: str) -> None:
        self.zip = zipfile.ZipFile(path)
        found = self.zip.infolist()
        self.zip.fp.seek(0, 2)  # type: ignore[union-attr]
        room = self.zip.fp.tell()  # type: ignore[union-attr]
        if not found or sum(one.file_size for one in found) > room or len(found) > MOST_FILES:
            raise ValueError("nothing in it, or more than a bag can hold")
        self.files: dict[str, zipfile.ZipInfo] = {}
        tops = {one.filename.partition("/")[0] for one in found}
        for one in found:
            parts = one.filename.split("/")
            plain = one.compress_type == zipfile.ZIP_STORED and not one.flag_bits & 1
            if not NAME.fullmatch(one.filename) or {".", ".."} & set(parts) or len(tops) != 1:
                raise ValueError("a name that no bag has")
            if not plain or one.compress_size != one.file_size:
                raise ValueError("a compressed or encrypted file")
            name = one.filename.partition("/")[2]
            if name in self.files:
                raise ValueError("two files of one name")
            self.files[name] = one
        self.hashes: dict[str, str] = {}

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield the lines of a file."""
        with self.zip.open(self.files[name]) as file:
            while line := file.readline(LONGEST_LINE):
                if not line.endswith(b"\n"):
                    raise ValueError("a line without an end")
                yield line[:-1]

    def read(self, name: str, most: int = LONGEST_NOTE) -> bytes:
        """Return a small file; raise ValueError for a larger one."""
        if self.files[name].file_size > most:
            raise ValueError("larger than it may be")
        content = self.zip.read(self.files[name])
        self.hashes[name] = hashlib.sha256(content).hexdigest()
        return content

    def hash(self, name: str) -> str:
        """Return the SHA-256 of a file in hex."""
        if name not in self.hashes:
            made = hashlib.sha256()
            with self.zip.open(self.files[name]) as file:
                while block := file.read(1 << 20):
                    made.update(block)
            self.hashes[name] = made.hexdigest()
        return self.hashes[name]


class Check:
    """Looks at everything in a bag with the one key that is believed."""

    def __init__(self, bag: Bag, key: Key) -> None:
        self.bag, self.key = bag, key
        self.findings: list[dict[str, Any]] = []
        self.results: dict[int, str] = {}
        self.complete = True
        self.checkpoint: dict[str, Any] = {}
        self.timestamps: list[dict[str, str]] = []
        self._note, self._size, self._root = b"", 0, b""
        self._told: dict[tuple[int, str], tuple[str, dict[str, Any]]] = {}
        self._heads: dict[str, tuple[int, str, int, list[tuple[int, str | None, str]]]] = {}
        self._erased: list[tuple[dict[str, Any], str, int]] = []
        self._erasing: dict[int, dict[str, Any]] = {}
        self._files: dict[str, str] = {}
        self._of, self._upto = "", 0
        self._named: set[str] = set()

    def run(self) -> None:
        """Look at everything; what is wrong never keeps the rest from being looked at."""
        steps = (self.manifests, self.head, self.lists, self.heads, self.events)
        for step in (*steps, self.erasures, self.chains, self.rest, self.stamps):
            try:
                step()
            except (Wrong, zipfile.BadZipFile, OSError, *BAD) as error:
                self.found(f"{step.__name__} cannot be followed: {_words(error)}")

    def found(self, detail: str, position: int | None = None, *, missing: bool = False) -> None:
        """Keep what was found; `missing`: something was left out."""
        self.findings.append({"position": position, "detail": detail})
        self.complete = self.complete and not missing

    def manifests(self) -> None:
        """Compare every file with the manifests, and the manifests with what was signed."""
        said = self.key.open(self.bag.read("manifest.note"), "/export", alone=True)
        match = SEAL.fullmatch(said)
        if not match or match[1] != self.key.name:
            raise Wrong("manifest.note speaks of something else")
        if match[2] != self.bag.hash("tagmanifest-sha256.txt"):
            self.found("tagmanifest-sha256.txt is not the one that was signed")
        known = {"manifest.note", "tagmanifest-sha256.txt"}
        for manifest in ("tagmanifest-sha256.txt", "manifest-sha256.txt"):
            for line in self.bag.lines(manifest):
                wanted, _, name = line.decode().partition("  ")
                known.add(name)
                if name not in self.bag.files:
                    self.found(f"{name} is missing", missing=True)
                elif self.bag.hash(name) != wanted:
                    self.found(f"{name} is not what the manifest says")
        for name in sorted(self.bag.files.keys() - known):
            self.found(f"{name} is in no manifest")

    def head(self) -> None:
        """Open the checkpoint that everything is proved against."""
        self._note = self.bag.read("data/checkpoint")
        self._size, self._root = self._tree(self.key.open(self._note))
        self.checkpoint = {
            "origin": self.key.name,
            "size": self._size,
            "root": self._root.hex(),
        }

    def lists(self) -> None:
        """Read what is said of sealed fields: disclosed, withheld or erased."""
        for name in ("disclosures", "withheld", "erased"):
            for line in self.bag.lines(f"data/{name}.jsonl"):
                said = json.loads(line)
                place = (said["position"], said["field"])
                if place in self._told:
                    self.found(f"{said['field']} is told of twice", said["position"])
                self._told[place] = (name, said)

    def heads(self) -> None:
        """Open the signed heads of chains, and see that one is of what was exported."""
        for name in self._under("data/heads/", ".note"):
            match = HEAD.fullmatch(self.key.open(self.bag.read(name), "/head", alone=True))
            if not match or match[1] != self.key.name:
                raise Wrong(f"{name} is no head of this log")
            self._heads[match[2]] = (int(match[3]), match[5], int(match[6]), [])
        about = json.loads(self.bag.read("data/export.json"))
        self._of, self._upto = about["chain"], about["as_of_position"]
        for chain in {self._of, *about["chains"]}:
            self._require_head(chain, "there is no signed head of what was exported")

    def _require_head(self, chain: str, otherwise: str) -> None:
        if self._heads.get(chain, (0, "", 0))[2] != self._upto:
            self.found(f"{otherwise}: {chain}", missing=True)

    def events(self) -> None:
        """Look at each event."""
        names = self._under("data/events/", ".json")
        for position in sorted(int(name[12:-5]) for name in names):
            try:
                self.results[position] = self._event(position)
            except (Wrong, zipfile.BadZipFile, OSError, *BAD) as error:
                self._alter(position, _words(error))

    def _event(self, position: int) -> str:
        raw = self.bag.read(f"data/events/{position}.json", MOST_BYTES)
        leaf = hash_leaf(raw)
        proof, _, note = self.bag.read(f"data/proofs/{position}.tlog-proof").partition(b"\n\n")
        first, index, *steps = proof.decode().split("\n")
        if (first, index) != ("c2sp.org/tlog-proof@v1", f"index {position - 1}"):
            raise Wrong("its proof is of another event")
        if note != self._note:
            raise Wrong("its proof is of another checkpoint")
        hashes = [base64.b64decode(step, validate=True) for step in steps]
        check_inclusion(leaf, position - 1, self._size, hashes, self._root)
        said = json.loads(raw)
        stream, contract = said["stream"], said["contract"]
        places = [(f"stream {stream['kind']} {stream['id']}", stream["version"], said["previous"])]
        if contract:
            place = f"contract {contract['number']}"
            places.append((place, contract["count"], contract["previous"]))
        for chain, number, previous in places:
            if chain in self._heads and position <= self._heads[chain][2]:
                self._heads[chain][3].append((number, previous, leaf.hex()))
        if said["type"] in {"SubjectErased", "MessageErased"}:
            self._erasing[position] = said
        if places[0][0] == self._of and stream["kind"] == "dispute":
            self._named.update(_named(said))
        return self._sealed(said, position)

    def _sealed(self, said: dict[str, Any], position: int) -> str:
        result = "INTACT"
        for field, promise in said["sealed"].items():
            kind, line = self._told.pop((position, field), ("", {}))
            if kind == "disclosures":
                salt = base64.b64decode(line["salt"], validate=True)
                made = commitment(salt, said["id"], field, line["value"])
                if len(salt) != SALT_BYTES or made != promise["commitment"]:
                    raise Wrong(f"{field} is not what the event committed to")
                if (said["type"], field) == ("AttachmentAdded", "digest"):
                    self._files[f"data/attachments/{said['data']['attachment']}"] = line["value"]
            elif kind == "withheld":
                result = "INTACT-WITHHELD" if result == "INTACT" else result
            elif kind == "erased":
                self._erased.append((said, field, line["erased_by"]))
                result = "INTACT-ERASED"
            else:
                self.found(f"{field} is neither here, withheld nor erased", position, missing=True)
        return result

    def erasures(self) -> None:
        """See that each erased field was erased by an event that covers it."""
        for said, field, by in self._erased:
            if by not in self._erasing or not _covers(self._erasing[by], said, field):
                self._alter(said["position"], f"no erasure in this bag covers {field}")

    def chains(self) -> None:
        """See that nothing was left out of a chain up to its signed head."""
        for chain in self._named:
            self._require_head(chain, "the dispute names a chain that has no signed head here")
        for chain, (count, end, _, links) in self._heads.items():
            last = None
            for place, (number, previous, leaf) in enumerate(sorted(links), 1):
                if number != place or previous != last:
                    self.found(f"{chain}: event {place} is missing", missing=True)
                    break
                last = leaf
            else:
                if (len(links), last) != (count, end):
                    self.found(f"{chain}: {count} events were signed", missing=True)

    def rest(self) -> None:
        """See that nothing is told of events that are not here, and that attachments fit."""
        for position, field in self._told:
            self.found(f"{field} is told of, but not in an event here", position)
        for name in {*self._files, *self._under("data/attachments/", "")}:
            if name not in self.bag.files:
                self.found(f"{name} is missing", missing=True)
            elif self._files.get(name) != self.bag.hash(name):
                self.found(f"{name} is not what was received")

    def stamps(self) -> None:
        """See that the stamped checkpoint is of the same log; nothing here reads time stamps."""
        for name in self._under("data/stamps/", ".tsr"):
            base = name[12:-4]
            data = f"{base}.note" if base.isdecimal() else f"{base}.list"
            command = f"openssl ts -verify -CAfile ROOTS.pem -data {data} -in {base}.tsr"
            self.timestamps.append({"file": name, "status": "NOT-CHECKED", "command": command})
        for name in self._under("data/stamps/", ".note"):
            text = self.bag.read(name).decode().rpartition("\n\n")[0] + "\n"
            lines = [line.decode() for line in self.bag.lines("data/stamps/consistency")]
            (size, root), proof = self._tree(text), [base64.b64decode(step) for step in lines]
            check_consistency(size, self._size, proof, root, self._root)

    def _tree(self, text: str) -> tuple[int, bytes]:
        origin, size, root = text.split("\n")[:3]
        if origin != self.key.name:
            raise Wrong("a checkpoint of another log")
        return int(size), base64.b64decode(root, validate=True)

    def _under(self, folder: str, suffix: str) -> list[str]:
        return [n for n in self.bag.files if n.startswith(folder) and n.endswith(suffix)]

    def _alter(self, position: int, detail: str) -> None:
        self.results[position] = "ALTERED"
        self.found(detail, position)

    def report(self) -> dict[str, Any]:
        """Return what was found."""
        kinds = {"intact": "INTACT", "withheld": "INTACT-WITHHELD", "erased": "INTACT-ERASED"}
        kinds["altered"] = "ALTERED"
        values = list(self.results.values())
        return {
            "ok": not self.findings,
            "events": {name: values.count(kind) for name, kind in kinds.items()},
            "complete": self.complete,
            "checkpoint": self.checkpoint,
            "timestamps": self.timestamps,
            "findings": self.findings,
            "results": [{"position": at, "result": kind} for at, kind in self.results.items()],
        }


def _covers(by: dict[str, Any], said: dict[str, Any], field: str) -> bool:
    """Say whether an erasure covers a sealed field (docs/format.md, "Erasures")."""
    promise, data = said["sealed"][field], by["data"]
    if promise["purpose"] not in data["purposes"]:
        return False
    if by["type"] == "MessageErased":
        return bool(data["event"] == said["id"])
    number = said["contract"]["number"] if said["contract"] else None
    same = promise["purpose"] == "address" or data["subject"] == promise["subject"]
    return bool(same and data["contract"] == number and by["position"] >= said["position"])


def _named(said: dict[str, Any]) -> Iterator[str]:
    """Yield the chains that an event of a dispute names: they belong to its bag."""
    if said["type"] in {"DisputeOpened", "ClaimReceived"}:
        yield f"stream ticket {said['data']['ticket']}"
    if said["type"] in {"DisputeOpened", "DisputeAttached"} and said["data"]["contract"]:
        yield f"contract {said['data']['contract']}"


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, Wrong) else f"it cannot be read ({type(error).__name__})"


def _lines(report: dict[str, Any]) -> Iterable[str]:
    for one in report["findings"]:
        where = "" if one["position"] is None else f"position {one['position']}: "
        yield f"WRONG  {where}{one['detail']}"
    for one in report["timestamps"]:
        yield f"{one['status']}  {one['file']}: {one['command']}"
    yield ", ".join(f"{count} {name}" for name, count in report["events"].items())
    yield "complete" if report["complete"] else "INCOMPLETE: something was left out"
    yield "everything holds" if report["ok"] else "NOT what was recorded and exported"


def main() -> int:
    """Check the bag that is named on the command line."""
    asked = argparse.ArgumentParser(description="Check an export of a ticket ledger.")
    asked.add_argument("file")
    asked.add_argument("--vkey", required=True, help="the log's key, not from this bag")
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    try:
        key = Key(given.vkey)
    except BAD:
        asked.error("--vkey: NAME+ID+KEY of an Ed25519 key is wanted")
    try:
        bag = Bag(given.file)
    except (zipfile.BadZipFile, OSError, *BAD) as error:
        detail = str(error) if type(error) is ValueError else type(error).__name__
        sys.stderr.write(f"verify: no bag: {detail}\n")
        return 3
    check = Check(bag, key)
    check.run()
    report = check.report()
    text = json.dumps(report) if given.json else "\n".join(_lines(report))
    sys.stdout.write(text + "\n")
    return 0 if report["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())

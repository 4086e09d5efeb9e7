"""Programs whose tables are not as GNU ld writes them for a program that may lie anywhere."""

import os
import struct
import tempfile

from common import PROCESS, Pair, Skip, case, main, same

SYMBOL, DYNAMIC = 24, 16
PT_LOAD, PT_DYNAMIC = 1, 2
DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_HASH, DT_GNU_HASH = 5, 6, 10, 4, 0x6ffffef5


class Program:
    """Its tables can be written anew, into the room that it has (room.c)."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = bytearray(file.read())
        offset, size, number = *struct.unpack_from("<Q", self.bytes, 32), *struct.unpack_from("<HH", self.bytes, 54)
        headers = [struct.unpack_from("<IIQQQQ", self.bytes, offset + i * size) for i in range(number)]
        self.loads = [h for h in headers if h[0] == PT_LOAD]
        self.dynamic = next(h[2] for h in headers if h[0] == PT_DYNAMIC)
        self.room = self.bytes.index(b"here is room for tables")

    def entry(self, tag):
        """Where the value of that tag stands."""
        at = self.dynamic
        while struct.unpack_from("<q", self.bytes, at)[0] not in (tag, 0):
            at += DYNAMIC
        return at + 8 if struct.unpack_from("<q", self.bytes, at)[0] == tag else None

    def value(self, tag):
        return struct.unpack_from("<Q", self.bytes, self.entry(tag))[0]

    def offset(self, address):
        load = next(h for h in self.loads if h[3] <= address < h[3] + h[5])
        return address - load[3] + load[2]

    def put(self, tag, table):
        """That table lies in the room now."""
        load = next(h for h in self.loads if h[2] <= self.room < h[2] + h[5])
        self.bytes[self.room:self.room + len(table)] = table
        struct.pack_into("<Q", self.bytes, self.entry(tag), self.room - load[2] + load[3])
        self.room += len(table) + -len(table) % 16

    def symbols(self):
        """How many, as GNU ld lays the tables out."""
        return (self.value(DT_STRTAB) - self.value(DT_SYMTAB)) // SYMBOL

    def write(self, folder):
        path = os.path.join(folder, "made")
        with open(path, "wb") as file:
            file.write(self.bytes)
        os.chmod(path, 0o755)
        return path


def far_names(first):
    """The names are far behind the symbols, and an empty table begins at symbol `first`."""
    made = Program(os.path.join(PROCESS, "room"))
    if made.entry(DT_HASH):
        raise Skip("a linker that writes DT_GNU_HASH alone")
    number = made.symbols()
    names = made.offset(made.value(DT_STRTAB))
    made.put(DT_STRTAB, bytes(made.bytes[names:names + made.value(DT_STRSZ)]))
    made.put(DT_GNU_HASH, struct.pack("<IIIIQI", 1, first or number, 1, 26, 0, 0))
    return made


@case("nothing is exported, and the names lie far from the symbols: lld")
def _():
    with tempfile.TemporaryDirectory() as folder:
        run = Pair([far_names(0).write(folder)], reports=0)
        same((run.spied.stdout, run.spied.status), (b"it runs\n", 0), "the program")


@case("the same, and the table does not say how many symbols there are")
def _():
    with tempfile.TemporaryDirectory() as folder:
        run = Pair([far_names(1).write(folder)], reports=0)
        same((run.spied.stdout, run.spied.status), (b"it runs\n", 0), "the program")


@case("by lld itself")
def _():
    path = os.path.join(PROCESS, "linked-lld")
    if not os.path.exists(path):
        raise Skip("lld, when this was built")
    same(Pair([path], reports=0).spied.stdout, b"started\n", "the program")


if __name__ == "__main__":
    main()

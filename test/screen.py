"""A terminal in memory: enough of a VT to look at what a program draws, and strict about the rest.

Every sequence that it does not know is kept in `unknown`, so that a test can ask that there was none. A letter that does
not fit into its row is counted in `overflows` on the other screen, where nothing may wrap.
"""
import codecs
import re
import unicodedata

SEQUENCE = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])")


class Screen:
    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.pending = ""  # the beginning of a sequence of which the rest is still to come
        self.alternate = False
        self.cursor_shown = True
        self.row = self.column = 0
        self.grid = []
        self.clear()
        self.log = [""]  # what went to the normal screen, line by line
        self.unknown = []
        self.colours = set()
        self.clears = self.frames = self.overflows = self.entered = 0

    def resize(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.grid = [(line + [" "] * columns)[:columns] for line in self.grid[:rows]]
        self.grid += [[" "] * columns for _ in range(rows - len(self.grid))]

    def clear(self):
        self.grid = [[" "] * self.columns for _ in range(self.rows)]

    def lines(self):
        return ["".join(line).rstrip() for line in self.grid]

    def text(self):
        return "\n".join(self.lines())

    def normal(self):
        return "\n".join(self.log)

    def feed(self, data):
        self.take(self.decoder.decode(data))

    def take(self, text):
        text, self.pending = self.pending + text, ""
        self.frames += 1
        place = 0
        while place < len(text):
            if text[place] == "\x1b":
                found = SEQUENCE.match(text, place)
                if found:
                    self.obey(*found.groups())
                    place = found.end()
                    continue
                if re.fullmatch(r"\x1b(\[\??[0-9;]*)?", text[place:]):
                    self.pending = text[place:]
                    return
                self.unknown.append(text[place:place + 12])
                place += 1
                continue
            self.write(text[place])
            place += 1

    def obey(self, private, words, letter):
        numbers = [int(word or 0) for word in words.split(";")]
        if private and letter in "hl" and numbers == [1049]:
            self.alternate = letter == "h"
            self.entered += self.alternate
            self.clear()
        elif private and letter in "hl" and numbers == [25]:
            self.cursor_shown = letter == "h"
        elif not private and letter == "H":
            self.row = max(numbers[0], 1) - 1
            self.column = max(numbers[1], 1) - 1 if len(numbers) > 1 else 0
        elif not private and letter == "J" and numbers == [2]:
            self.clears += 1
            self.clear()
        elif not private and letter == "K" and numbers == [2] and self.row < self.rows:
            self.grid[self.row] = [" "] * self.columns
        elif not private and letter == "m":
            self.colours.update(numbers)
        else:
            self.unknown.append(f"\x1b[{private}{words}{letter}")

    def write(self, letter):
        if letter == "\r":
            self.column = 0
        elif letter == "\n":
            if not self.alternate:
                self.log.append("")
        elif ord(letter) < 32 or 127 <= ord(letter) < 160:
            self.unknown.append(repr(letter))
        elif not self.alternate:
            self.log[-1] += letter
        else:
            self.place(letter)

    def place(self, letter):
        wide = unicodedata.east_asian_width(letter) in "WF"
        if unicodedata.combining(letter):
            return
        if self.row >= self.rows or self.column + wide >= self.columns:
            self.overflows += 1
            return
        self.grid[self.row][self.column] = letter
        if wide:
            self.grid[self.row][self.column + 1] = ""
        self.column += 1 + wide

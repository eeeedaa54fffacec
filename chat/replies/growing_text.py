"""Text that grows by pieces as they arrive: halves of a character joined, what is said twice at a seam left out."""

from __future__ import annotations

import codecs

from chat.replies.continuing import LONGEST_OVERLAP, without_overlap


class GrowingText:
    """Halves of a surrogate pair that come in two pieces are joined, lone ones replaced."""

    def __init__(self, begun: str, *, seam: bool = False) -> None:
        """Begin with these words. `seam`: what comes next may say some of them again."""
        self._decoder = codecs.getincrementaldecoder("utf-16-le")("replace")
        self._pieces: list[str] = []
        self._begun = begun
        self._seam = "" if seam else None
        """What waits at the seam to begin with."""
        self._at_seam = self._seam
        self._take(begun)
        self._begins_at = len(self.text())

    def add(self, piece: str) -> None:
        """Add what has arrived. At a seam it waits for as long as it may be the beginning of what was said before."""
        if self._at_seam is None:
            self._take(piece)
            return
        self._at_seam += piece
        if self._at_seam not in self._begun[-LONGEST_OVERLAP:]:
            self._leave_seam()

    def end(self) -> None:
        """Say that no more comes: half a character that is still waited for is given up."""
        self._leave_seam()
        self._take("", final=True)

    def text(self) -> str:
        """Return all there is, apart from what waits at a seam."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0]

    def take_new(self) -> str:
        """Take away all that came after the words it began with, and return it. What comes next is at the seam."""
        text = self.text()
        new = text[self._begins_at :] + (self._at_seam or "")
        self._pieces = [text[: self._begins_at]]
        self._at_seam = self._seam
        return new

    def _take(self, piece: str, final: bool = False) -> None:
        self._pieces.append(self._decoder.decode(piece.encode("utf-16-le", "surrogatepass"), final))

    def _leave_seam(self) -> None:
        if self._at_seam is not None:
            self._take(without_overlap(self._begun, self._at_seam))
            self._at_seam = None

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
        self._at_seam: str | None = "" if seam else None
        self._take(begun)
        self._begins_at = len(self.text())

    def add(self, piece: str) -> None:
        """Add what has arrived. At a seam it waits until there is enough to tell whether it was said before."""
        if self._at_seam is None:
            self._take(piece)
            return
        self._at_seam += piece
        if len(self._at_seam) > LONGEST_OVERLAP:
            self._leave_seam()

    def end(self) -> None:
        """Say that no more comes: half a character that is still waited for is given up."""
        self._leave_seam()
        self._take("", final=True)

    def text(self) -> str:
        """Return all there is, apart from what waits at a seam."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    def take_new(self) -> str:
        """Take away all that came after the words it began with, and return it."""
        self._leave_seam()
        text = self.text()
        self._pieces = [text[: self._begins_at]]
        return text[self._begins_at :]

    def _take(self, piece: str, final: bool = False) -> None:
        self._pieces.append(self._decoder.decode(piece.encode("utf-16-le", "surrogatepass"), final))

    def _leave_seam(self) -> None:
        if self._at_seam is not None:
            self._take(without_overlap(self._begun, self._at_seam))
            self._at_seam = None

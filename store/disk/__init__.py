"""Plain files on a disk: safe writing, names, locks, and what its errors mean."""

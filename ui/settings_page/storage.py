"""The storage part of the Settings page: where conversations are kept, how long the trash keeps them, backups."""

from __future__ import annotations

import io

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from exchange.sentences import conversations
from store.keeping import OUT_OF_REACH, Backup, Keeping, Made, Restored
from ui import state
from ui.dialogs import closing_button, dialog
from ui.guard import draw_notices, guarded, said_on_the_page
from ui.markdown.safe import as_label
from ui.phrases import local_time
from ui.uploads import let_go
from ui.visit import Visit
from ui.work.work import begin, draw_work

TRASH_DAYS = (None, 7, 30, 90, 365)
BACKUPS = "backups"
"""Where the page shows how far a backup or a restore is, and says what came of it."""
BACKUP_FILE = "backup_file"
"""Widget key of what is chosen in the window."""


def draw_storage(visit: Visit) -> None:
    """Draw everything about what is kept on this machine."""
    with guarded():  # a list that cannot be read keeps nobody from a backup
        _draw_counts(visit)
    with guarded():
        _draw_retention(visit)
    if visit.owner.is_personal:
        _draw_backups(visit)


def _draw_counts(visit: Visit) -> None:
    count = visit.store.count(visit.owner.id)
    in_trash = visit.store.count(visit.owner.id, trashed=True)
    st.markdown(f"{conversations(count)}, one file each, and {in_trash:,} in the trash.")
    for damage in visit.store.damaged(visit.owner.id):
        st.caption(f"Set aside as damaged: “{as_label(damage.title)}”, now {as_label(damage.file_name)}.")


def _draw_retention(visit: Visit) -> None:
    kept = visit.store.preferences(visit.owner.id).trash_days
    options = list(dict.fromkeys((*TRASH_DAYS, kept)))
    st.selectbox(
        "Erase what is in the trash",
        options,
        index=options.index(kept),
        format_func=lambda days: "Never by itself" if days is None else f"After {days} days",
        key="trash_days",
        help="Pinned conversations stay in the trash until you erase them.",
        on_change=_keep_retention,
        args=(visit,),
        width=300,
    )
    st.caption(OUT_OF_REACH)


@said_on_the_page
def _keep_retention(visit: Visit) -> None:
    visit.store.set_preferences(visit.owner.id, trash_days=st.session_state["trash_days"])
    visit.store.erase_expired(visit.owner.id)


def _draw_backups(visit: Visit) -> None:
    st.header("Backup", anchor=False)
    st.caption(
        "A zip of every conversation as it is now, the trash included. It is kept in the data folder: download it and "
        "keep it elsewhere too. Restoring adds what is missing and overwrites nothing."
    )
    keeping = visit.store.keeping
    with st.container(horizontal=True):
        st.button("Back up now", key="back_up", icon=":material/backup:", on_click=_back_up, args=(keeping,))
        st.button(
            "Restore",
            key="restore_backup",
            icon=":material/settings_backup_restore:",
            on_click=restore_dialog,
            args=(visit,),
        )
    draw_notices(BACKUPS)
    draw_work(BACKUPS)
    for backup in keeping.backups():
        _draw_backup(keeping, backup)


def _back_up(keeping: Keeping) -> None:
    begin(BACKUPS, "Backing up", lambda step: keeping.back_up(step=step), _say_backed_up, reports_at=BACKUPS)


def _say_backed_up(made: Made) -> None:
    state.page.notify(f"Backed up: {conversations(made.conversations)} in {made.path.name}.", place=BACKUPS)


def _draw_backup(keeping: Keeping, backup: Backup) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"backup-{backup.file_name}"):
        what = "Before a repair" if backup.is_before_repair else "Backup"
        st.markdown(f"{what} of {local_time(backup.created_at)}, {backup.size / 1e6:,.1f} MB", width="stretch")
        st.download_button(
            "Download",
            data=lambda: keeping.open_backup(backup.file_name),
            file_name=backup.file_name,
            mime="application/zip",
            key=f"download-{backup.file_name}",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
        )
        st.button(
            "Delete",
            key=f"delete-{backup.file_name}",
            icon=":material/delete:",
            type="tertiary",
            on_click=delete_backup_dialog,
            args=(keeping, backup),
        )


@dialog("Delete backup", icon=":material/delete:")
def delete_backup_dialog(keeping: Keeping, backup: Backup) -> None:
    """Ask before a backup is gone."""
    st.markdown(f"Delete the backup of {local_time(backup.created_at)}? This cannot be undone.")
    closing_button("Delete backup", None, _delete_backup, keeping, backup, key="delete_backup", type="primary")


@said_on_the_page
def _delete_backup(keeping: Keeping, backup: Backup) -> None:
    keeping.delete_backup(backup.file_name)


@dialog("Restore", icon=":material/settings_backup_restore:", width="medium")
def restore_dialog(visit: Visit) -> None:
    """Take a backup and bring back what is missing here."""
    file = st.file_uploader("Backup", type=["zip"], key=BACKUP_FILE)
    st.caption("Adds what is missing here. What is here stays as it is.")
    closing_button("Restore now", None, _restore, visit, key="restore_now", type="primary", disabled=file is None)


def _restore(visit: Visit) -> bool:
    file: UploadedFile | None = st.session_state[BACKUP_FILE]
    if file is None:
        return False
    upload = io.BytesIO(file.getvalue())  # the page may still look at the other one
    let_go(file)
    begin(
        *(BACKUPS, "Restoring"),
        lambda step: visit.store.keeping.restore(upload, step=step),
        _say_restored,
        reports_at=BACKUPS,
    )
    return True


def _say_restored(done: Restored) -> None:
    state.page.notify(in_words(done), place=BACKUPS)
    for name, reason in done.skipped:
        state.page.notify(f"Skipped {name}: {reason}", place=BACKUPS)


def in_words(done: Restored) -> str:
    """Return what a restore did, in one line."""
    return (
        f"Restored: {done.new:,} new, {done.grown:,} with new messages, {done.here:,} already here, "
        f"{len(done.skipped):,} skipped."
    )

"""The storage part of the Settings page: where conversations are kept, how long the trash keeps them, backups."""

from __future__ import annotations

import streamlit as st

from exchange.sentences import conversations
from store.conversations import StoreError
from store.keeping import OUT_OF_REACH, Backup, Keeping, Restored
from ui import state
from ui.dialogs import close, dialog
from ui.guard import guarded, said_on_the_page
from ui.markdown.safe import as_label
from ui.phrases import local_time
from ui.uploads import let_go
from ui.visit import Visit

TRASH_DAYS = (None, 7, 30, 90, 365)


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
        required=True,
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
    st.subheader("Backup", anchor=False)
    st.caption(
        "A zip of every conversation as it is now, the trash included. It is kept in the data folder: download it and "
        "keep it elsewhere too. Restoring adds what is missing and overwrites nothing."
    )
    keeping = visit.store.keeping
    with st.container(horizontal=True):
        if st.button("Back up now", key="back_up", icon=":material/backup:"):
            _back_up(keeping)
        st.button(
            "Restore",
            key="restore_backup",
            icon=":material/settings_backup_restore:",
            on_click=restore_dialog,
            args=(visit,),
        )
    for backup in keeping.backups():
        _draw_backup(keeping, backup)


def _back_up(keeping: Keeping) -> None:
    bar = st.progress(0.0, "Backing up …")
    try:
        made = keeping.back_up(step=lambda done, total: _show_step(bar, "Backing up", done, total))
    except StoreError as error:
        state.page.notify(str(error), is_error=True)
    else:
        state.page.notify(f"Backed up: {conversations(made.conversations)} in {made.path.name}.")
    st.rerun()


def _show_step(bar: st.delta_generator.DeltaGenerator, doing: str, done: int, total: int) -> None:
    if done % 50 == 0 or done == total:
        bar.progress(min(1.0, done / max(1, total)), f"{doing} {done:,} of {total:,} …")


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
    if st.button("Delete backup", key="delete_backup", type="primary"):
        try:
            keeping.delete_backup(backup.file_name)
        except StoreError as error:
            state.page.notify(str(error), is_error=True)
        close()


@dialog("Restore", icon=":material/settings_backup_restore:", width="medium")
def restore_dialog(visit: Visit) -> None:
    """Take a backup and bring back what is missing here."""
    file = st.file_uploader("Backup", type=["zip"], key="backup_file")
    st.caption("Adds what is missing here. What is here stays as it is.")
    if not st.button("Restore now", key="restore_now", type="primary", disabled=file is None) or file is None:
        return
    bar = st.progress(0.0, "Restoring …")
    try:
        done = visit.store.keeping.restore(file, step=lambda number, total: _show_step(bar, "Restoring", number, total))
    except StoreError as error:
        st.error(as_label(str(error)), icon=":material/error:")
        return
    bar.empty()
    let_go(file)
    st.success(in_words(done), icon=":material/check:")
    for name, reason in done.skipped:
        st.caption(f"Skipped {as_label(name)}: {as_label(reason)}")


def in_words(done: Restored) -> str:
    """Return what a restore did, in one line."""
    return (
        f"Restored: {done.new:,} new, {done.grown:,} with new messages, {done.here:,} already here, "
        f"{len(done.skipped):,} skipped."
    )

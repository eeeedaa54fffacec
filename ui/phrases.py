"""Numbers and moments in the words that every page uses; moments in the time zone of the browser."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from chat.conversation import utc_now
from formats.reading import MONTHS

WEEK = timedelta(days=7)


def zone() -> ZoneInfo:
    """Return the browser's time zone; UTC where that is not known."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a name that is a folder of the zones' files
        return ZoneInfo("UTC")


def local(moment: datetime) -> datetime:
    """Return the moment in the browser's time zone."""
    return moment.astimezone(zone())


def local_time(moment: datetime) -> str:
    """Return the moment as the browser's clock shows it, to the minute."""
    return f"{local(moment):%Y-%m-%d %H:%M}"


def clock_time(moment: datetime) -> str:
    """Return a moment of today as `20:57`, any other with its day, as the browser's clock shows it."""
    then = local(moment)
    return f"{then:%H:%M}" if then.date() == local(utc_now()).date() else f"{then:%Y-%m-%d %H:%M}"


def ago(moment: datetime, now: datetime) -> str:
    """Return how long ago that was, in few words: `5 min ago`, `3 h ago`, `yesterday`, `4 days ago`, `12 Mar 2024`."""
    minutes = int((now - moment).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    day, today = local(moment).date(), local(now).date()
    days = (today - day).days
    if days == 0 or minutes < 12 * 60:
        return f"{minutes // 60} h ago"
    if days < 7:
        return "yesterday" if days == 1 else f"{days} days ago"
    year = "" if day.year == today.year else f" {day.year}"
    return f"{day.day} {MONTHS[day.month - 1][:3]}{year}"


def soon(moment: datetime) -> str:
    """Return a moment of the next days as the browser's clock shows it: `at 14:35`, `tomorrow at 09:10`."""
    then, today = local(moment), local(utc_now()).date()
    if then.date() == today:
        return f"at {then:%H:%M}"
    day = "tomorrow" if then.date() == today + timedelta(days=1) else f"on {then:%Y-%m-%d}"
    return f"{day} at {then:%H:%M}"


def period(day: date, today: date) -> str:
    """Return what a list calls the time around a day: Today, Yesterday, Previous 7 days, else its month."""
    if day >= today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    if day >= today - WEEK:
        return "Previous 7 days"
    return f"{MONTHS[day.month - 1]} {day.year}"

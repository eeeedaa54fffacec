"""Tests of formats/imports."""

"""Tests of formats/imports/products."""

"""Answers in the making: asked for in the background, kept while they grow, tried again, gone on with."""

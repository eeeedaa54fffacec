"""Servers on this machine that speak OpenAI's protocol: which are known, how one is asked, and which answer now."""

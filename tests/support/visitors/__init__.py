"""What visitors are in tests: browsers of their own, a client without a browser, a certificate for https."""

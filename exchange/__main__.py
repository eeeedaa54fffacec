"""`python -m exchange`: says what is not installed, before what needs it is imported; else runs `shell`."""

import sys

from chat.libraries import not_installed

if __name__ == "__main__":
    if (sentence := not_installed()) is not None:
        sys.exit(sentence)
    from exchange.shell.main import main

    sys.exit(main())

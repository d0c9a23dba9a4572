"""`python -m stormdesk`."""

from stormdesk.cli import main

main()

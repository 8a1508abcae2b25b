"""`python -m portal …` is the same as the console script `portal`."""

from portal.cli.main import main

main()

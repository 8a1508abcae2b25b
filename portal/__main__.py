"""`python -m portal …` is the same as the console script `portal`."""

from portal.cli.process import starting


def main() -> None:
    """Run the command line."""
    with starting():
        from portal.cli.main import main as run  # noqa: PLC0415  (loads most of the portal)
    run()


if __name__ == "__main__":
    main()

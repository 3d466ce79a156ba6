"""`python -m forge_doctor` does what the `forge-doctor` command does."""

from forge_doctor.cli import main

if __name__ == "__main__":
    main()

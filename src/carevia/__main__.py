"""`python -m carevia` is the same command as `carevia`."""

from carevia.cli import main

if __name__ == "__main__":
    main()

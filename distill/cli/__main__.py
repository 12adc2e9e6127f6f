"""`python -m distill.cli`: the command line where no script is installed."""

from distill.cli.main import main

raise SystemExit(main())

"""From verdicts to categories: pure, and needing nothing of the firewall or the exports."""

"""Scored runs with their evidence in, rows or refusals out; pure, asking the firewall's gates."""

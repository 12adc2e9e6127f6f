"""Distill: raw logs of AI agents' runs in, clean training sets and checkable receipts out."""

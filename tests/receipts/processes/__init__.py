"""Calls in processes of their own."""

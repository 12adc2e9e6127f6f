"""Calls of stages in processes of their own: several at a time, or one that must not block."""

"""Labelled sets: for each gate what it has to find and what it has to leave alone, made here.

Nothing is taken from a real log. A set's module builds its members from templates; the traps among
the negatives are what real logs look like where they look suspicious and are sound.
"""

"""The gates: one module a gate, each a pure question to a candidate for an export."""

"""Lineage to the line: proofs that a sample came from certain records of certain logs."""

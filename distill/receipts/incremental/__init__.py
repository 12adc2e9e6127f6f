"""Incremental stages: what did not change is kept or copied, and only the rest is computed.

A **record stage** has a function of one record, a **group stage** a function of all records with
one key. Both write shards: files whose ends are chosen by content, so that a change moves few of
them. Law: the outputs are, byte for byte, those of a full rebuild.

`segments` cuts inputs, `functions` calls what the user wrote, `shards` writes outputs and keeps
what stands, `memory` remembers between runs what lies where, `workers` spreads work over processes,
`record_stage` and `group_stage` put them together, the latter with `group_run`.
"""

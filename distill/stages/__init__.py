"""The five stages of a workspace; `distill.stages.pipeline` runs them.

Nothing is imported here: what a package imports counts as code of every stage in it.
"""

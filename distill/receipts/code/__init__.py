"""The code of a stage: which files it is, what they say, and whether this process runs the same.

`closure` walks what a module reaches, `syntax` reads one file, `loaded` holds the files against the
process, `environment` names the distributions.
"""

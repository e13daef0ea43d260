"""deploy/: the very files, run by what they are for as far as that can be had without a machine of its own."""

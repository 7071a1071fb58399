"""Lowering of a domain instance to the process network, one subject a module.

Every module has one public function ``lower_<subject>(chain)`` that appends records to the chain's builder. Internal
units: thousands of wafers, dies, stacks, packages and accelerators; single tools; megawatts; thousands of H100
equivalents; millions of US dollars. A price in dollars per piece is therefore divided by 1,000 to give millions of
dollars per thousand pieces.
"""

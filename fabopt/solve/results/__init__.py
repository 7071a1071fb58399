"""Results: tables of a plan in the words of network and chain, and the folders that keep them."""

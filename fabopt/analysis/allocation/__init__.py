"""Who gets what: what the policies allot, what the plan takes, what a policy costs, and the game of orders."""

"""What a plan under several states says: what to sign now, what to wait for, and what insurance is worth."""

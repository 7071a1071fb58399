"""Questions asked of an instance or of a plan; answers are frozen records with a ``.frame``."""

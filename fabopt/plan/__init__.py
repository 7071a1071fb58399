"""The solved plan: made by a solve or read from a folder, with everything that a question needs."""

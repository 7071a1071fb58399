"""Plans side by side: who gains and who loses, and which inputs differ."""

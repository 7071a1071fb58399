"""The domain: an instance of the AI-chip supply chain as typed, frozen records with units and provenance."""

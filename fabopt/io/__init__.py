"""Reading and writing instances: YAML with CSV tables, overlays, levers, JSON Schema, errors with file and line."""

"""The procurement memo on paper: one template a language makes Markdown, and that makes HTML, PDF and DOCX."""

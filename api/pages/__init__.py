"""The pages that people read: templates, one stylesheet, and what each page shows."""

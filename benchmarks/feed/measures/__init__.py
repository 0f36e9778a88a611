"""What is measured, one module a subject; each makes runs and judges them as rows of the table."""

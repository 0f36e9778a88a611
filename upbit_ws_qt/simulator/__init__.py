"""The exchange on your desk."""

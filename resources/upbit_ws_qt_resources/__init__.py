"""Icons, themes and translations, as data."""

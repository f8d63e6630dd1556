"""From records of a rule book to flat tables, in small named passes."""
